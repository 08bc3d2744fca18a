package carve.cpu.simd;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.device.DeviceException;
import carve.api.device.kit.StorageTypes;
import carve.api.tensor.BlockQuantisation;
import carve.api.tensor.DType;
import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.ThreadPool;
import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;

/** Conversions between storage types, rounding to nearest even. */
public final class Casts {
    private static final StorageTypes STORAGE = StorageTypes.common("cpu");

    private static final int GRAIN = 32 * 1024;

    private Casts() {}

    /** Writes {@code size} values in another storage type. */
    public static void cast(ThreadPool threadPool, DType from, long x, DType to, long y, long size) {
        int tasks = (int) Math.max(1, Math.min(4096, size / GRAIN));
        int block = Math.max(from.blockElements(), to.blockElements());
        long length = ((size + tasks - 1) / tasks + block - 1) / block * block;
        threadPool.parallelFor(tasks, (task, scratchpad) -> {
            long start = task * length;
            int n = (int) Math.min(length, size - start);
            if (n > 0) {
                range(from, x + from.bytes(start), to, y + to.bytes(start), n);
            }
        });
    }

    private static void range(DType from, long x, DType to, long y, int n) {
        if (from == to) {
            NativeMemory.copyShort(x, y, from.bytes(n));
        } else if (from == DType.BF16 && to == DType.F32) {
            upcast(x, y, n);
        } else if (from == DType.F32 && to == DType.BF16) {
            toBf16(x, y, n);
        } else if (from.isQuantised() || to.isQuantised()) {
            castBlocks(from, x, to, y, n);
        } else {
            for (int i = 0; i < n; i++) {
                set(to, y + (long) i * to.bytes(), get(from, x + (long) i * from.bytes()));
            }
        }
    }

    // block by block, through floats on the heap
    private static void castBlocks(DType from, long x, DType to, long y, int n) {
        int block = Math.max(from.blockElements(), to.blockElements());
        float[] values = new float[block];
        for (int i = 0; i < n; i += block) {
            if (from.isQuantised()) {
                MemorySegment source = NativeMemory.segment(x + from.bytes(i), from.bytes(block));
                BlockQuantisation.read(from, source, 0, values, 0, block / from.blockElements());
            } else {
                for (int j = 0; j < block; j++) {
                    values[j] = (float) get(from, x + (long) (i + j) * from.bytes());
                }
            }
            if (to.isQuantised()) {
                MemorySegment target = NativeMemory.segment(y + to.bytes(i), to.bytes(block));
                BlockQuantisation.write(values, 0, block / to.blockElements(), to, target, 0);
            } else {
                for (int j = 0; j < block; j++) {
                    set(to, y + (long) (i + j) * to.bytes(), values[j]);
                }
            }
        }
    }

    private static void upcast(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            NativeMemory.store(y + 4L * i, NativeMemory.loadBf16(x + 2L * i));
        }
        for (; i < n; i++) {
            NativeMemory.set(y + 4L * i, NativeMemory.getBf16(x + 2L * i));
        }
    }

    /** Writes F32 as BF16. */
    static void toBf16(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            NativeMemory.storeBf16(y + 2L * i, NativeMemory.load(x + 4L * i));
        }
        for (; i < n; i++) {
            NativeMemory.setShort(y + 2L * i, bf16(NativeMemory.get(x + 4L * i)));
        }
    }

    /** Writes F32 of an array as BF16. */
    public static void toBf16(float[] x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            NativeMemory.storeBf16(y + 2L * i, FloatVector.fromArray(F, x, i));
        }
        for (; i < n; i++) {
            NativeMemory.setShort(y + 2L * i, bf16(x[i]));
        }
    }

    /** Returns the value at an address. */
    public static double get(DType dtype, long address) {
        return switch (dtype) {
            case F32 -> NativeMemory.get(address);
            case BF16 -> NativeMemory.getBf16(address);
            case F16 -> Float.float16ToFloat(NativeMemory.getShort(address));
            case I32 -> NativeMemory.getInt(address);
            case I8 -> NativeMemory.getByte(address);
            case F64, F8_E4M3, F8_E5M2, I64, I16, U8, BOOL, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                throw unsupported(dtype);
        };
    }

    /** Writes a value to an address, rounded. */
    public static void set(DType dtype, long address, double value) {
        switch (dtype) {
            case F32 -> NativeMemory.set(address, (float) value);
            case BF16 -> NativeMemory.setShort(address, bf16((float) value));
            case F16 -> NativeMemory.setShort(address, Float.floatToFloat16((float) value));
            case I32 -> NativeMemory.setInt(address, (int) value);
            case I8 -> NativeMemory.setByte(address, (byte) (int) value);
            case F64, F8_E4M3, F8_E5M2, I64, I16, U8, BOOL, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K ->
                throw unsupported(dtype);
        }
    }

    private static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }

    /** Returns the exception that refuses arithmetic on a storage type. */
    public static DeviceException unsupported(DType dtype) {
        return STORAGE.unsupported(dtype);
    }
}
