package carve.cpu.attention;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.api.tensor.DType;
import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.Scratchpad;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rows of keys or values as F32: in place, or dequantised into scratch memory.
 *
 * @param address where the first row begins
 * @param rowStride elements from row to row
 */
record DequantisedRows(long address, long rowStride) {
    /** Returns whether keys and values of a storage type can be read. */
    static boolean supports(DType dtype) {
        return dtype == DType.F32 || dtype == DType.BF16 || dtype == DType.Q8_0;
    }

    /**
     * Returns rows as F32.
     *
     * @param stored their storage type
     * @param from where the first begins
     * @param rowStride elements from row to row
     * @param width elements of a row
     * @param scratchpad the scratch memory for other types, whose innermost frame holds the result
     */
    static DequantisedRows of(DType stored, long from, long rowStride, int rows, int width, Scratchpad scratchpad) {
        if (stored == DType.F32) {
            return new DequantisedRows(from, rowStride);
        }
        long scratch = scratchpad.nativeBuffer(4L * rows * width);
        long step = stored.bytes(rowStride);
        for (int i = 0; i < rows; i++) {
            long to = scratch + 4L * i * width;
            if (stored == DType.BF16) {
                bf16(from + i * step, to, width);
            } else {
                q8(from + i * step, to, width);
            }
        }
        return new DequantisedRows(scratch, width);
    }

    private static void bf16(long from, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            NativeMemory.store(to + 4L * i, NativeMemory.loadBf16(from + 2L * i));
        }
        for (; i < n; i++) {
            NativeMemory.set(to + 4L * i, NativeMemory.getBf16(from + 2L * i));
        }
    }

    private static void q8(long from, long to, int n) {
        int size = DType.Q8_0.blockElements();
        long block = from;
        for (int i = 0; i < n; i += size, block += DType.Q8_0.blockBytes()) {
            float scale = Float.float16ToFloat(NativeMemory.getShort(block));
            long bytes = block + 2;
            if (LANES > 4) {
                for (int j = 0; j < size; j += LANES) {
                    FloatVector integers =
                            (FloatVector) NativeMemory.loadBytes(bytes + j).convertShape(VectorOperators.I2F, F, 0);
                    NativeMemory.store(to + 4L * (i + j), integers.mul(scale));
                }
            } else {
                for (int j = 0; j < size; j++) {
                    NativeMemory.set(to + 4L * (i + j), NativeMemory.getByte(bytes + j) * scale);
                }
            }
        }
    }
}
