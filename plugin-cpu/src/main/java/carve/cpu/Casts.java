package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;

import carve.api.tensor.Blocks;
import carve.api.tensor.DType;
import jdk.incubator.vector.FloatVector;

/** Conversions between storage types, rounding to nearest even. */
final class Casts {
    private static final int GRAIN = 32 * 1024;

    private Casts() {}

    /** Writes {@code size} values in another storage type. */
    static void run(Workers workers, DType from, long x, DType to, long y, long size) {
        int tasks = (int) Math.max(1, Math.min(4096, size / GRAIN));
        long length = ((size + tasks - 1) / tasks + Blocks.SIZE - 1) / Blocks.SIZE * Blocks.SIZE;
        workers.run(tasks, (task, scratch) -> {
            long start = task * length;
            int n = (int) Math.min(length, size - start);
            if (n > 0) {
                range(from, x + from.bytes(start), to, y + to.bytes(start), n);
            }
        });
    }

    private static void range(DType from, long x, DType to, long y, int n) {
        if (from == to) {
            Memory.copyShort(x, y, from.bytes(n));
        } else if (from == DType.BF16 && to == DType.F32) {
            widen(x, y, n);
        } else if (from == DType.F32 && to == DType.BF16) {
            round(x, y, n);
        } else if (from.isQuantised() || to.isQuantised()) {
            blocks(from, x, to, y, n);
        } else {
            for (int i = 0; i < n; i++) {
                set(to, y + (long) i * to.bytes(), get(from, x + (long) i * from.bytes()));
            }
        }
    }

    // block by block, through floats on the heap
    private static void blocks(DType from, long x, DType to, long y, int n) {
        float[] values = new float[Blocks.SIZE];
        for (int i = 0; i < n; i += Blocks.SIZE) {
            if (from.isQuantised()) {
                Blocks.read(from, Memory.segment(x + from.bytes(i), from.blockBytes()), 0, values, 0, 1);
            } else {
                for (int j = 0; j < Blocks.SIZE; j++) {
                    values[j] = (float) get(from, x + (long) (i + j) * from.bytes());
                }
            }
            if (to.isQuantised()) {
                Blocks.write(values, 0, 1, to, Memory.segment(y + to.bytes(i), to.blockBytes()), 0);
            } else {
                for (int j = 0; j < Blocks.SIZE; j++) {
                    set(to, y + (long) (i + j) * to.bytes(), values[j]);
                }
            }
        }
    }

    private static void widen(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            Memory.store(y + 4L * i, Memory.loadBf16(x + 2L * i));
        }
        for (; i < n; i++) {
            Memory.set(y + 4L * i, Memory.getBf16(x + 2L * i));
        }
    }

    /** Writes F32 as BF16. */
    static void round(long x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            Memory.storeBf16(y + 2L * i, Memory.load(x + 4L * i));
        }
        for (; i < n; i++) {
            Memory.setShort(y + 2L * i, bf16(Memory.get(x + 4L * i)));
        }
    }

    /** Writes F32 of an array as BF16. */
    static void round(float[] x, long y, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            Memory.storeBf16(y + 2L * i, FloatVector.fromArray(F, x, i));
        }
        for (; i < n; i++) {
            Memory.setShort(y + 2L * i, bf16(x[i]));
        }
    }

    /** Returns the value at an address. */
    static double get(DType dtype, long address) {
        return switch (dtype) {
            case F32 -> Memory.get(address);
            case BF16 -> Memory.getBf16(address);
            case F16 -> Float.float16ToFloat(Memory.getShort(address));
            case I32 -> Memory.getInt(address);
            case I8 -> Memory.getByte(address);
            case F64, I64, I16, U8, BOOL, Q8_0, Q4_0 -> throw CpuDevice.unsupported(dtype);
        };
    }

    /** Writes a value to an address, rounded. */
    static void set(DType dtype, long address, double value) {
        switch (dtype) {
            case F32 -> Memory.set(address, (float) value);
            case BF16 -> Memory.setShort(address, bf16((float) value));
            case F16 -> Memory.setShort(address, Float.floatToFloat16((float) value));
            case I32 -> Memory.setInt(address, (int) value);
            case I8 -> Memory.setByte(address, (byte) (int) value);
            case F64, I64, I16, U8, BOOL, Q8_0, Q4_0 -> throw CpuDevice.unsupported(dtype);
        }
    }

    private static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}
