package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;

import carve.api.tensor.DType;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rows of keys or values as F32: where they lie, or widened into memory of the worker.
 *
 * @param at where the first row begins
 * @param distance elements from row to row
 */
record WideRows(long at, long distance) {
    /** Returns whether keys and values of a storage type can be read. */
    static boolean takes(DType dtype) {
        return dtype == DType.F32 || dtype == DType.BF16 || dtype == DType.Q8_0;
    }

    /**
     * Returns rows as F32.
     *
     * @param stored their storage type
     * @param from where the first begins
     * @param distance elements from row to row
     * @param width elements of a row
     * @param room the memory to widen into, {@code rows * width} F32
     */
    static WideRows of(DType stored, long from, long distance, int rows, int width, long room) {
        if (stored == DType.F32) {
            return new WideRows(from, distance);
        }
        long step = stored.bytes(distance);
        for (int i = 0; i < rows; i++) {
            long to = room + 4L * i * width;
            if (stored == DType.BF16) {
                bf16(from + i * step, to, width);
            } else {
                q8(from + i * step, to, width);
            }
        }
        return new WideRows(room, width);
    }

    /** Returns the bytes of the room that rows of a storage type need. */
    static long roomBytes(DType stored, int rows, int width) {
        return stored == DType.F32 ? 0 : 4L * rows * width;
    }

    private static void bf16(long from, long to, int n) {
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            Memory.store(to + 4L * i, Memory.loadBf16(from + 2L * i));
        }
        for (; i < n; i++) {
            Memory.set(to + 4L * i, Memory.getBf16(from + 2L * i));
        }
    }

    private static void q8(long from, long to, int n) {
        int size = DType.Q8_0.blockElements();
        long block = from;
        for (int i = 0; i < n; i += size, block += DType.Q8_0.blockBytes()) {
            float scale = Float.float16ToFloat(Memory.getShort(block));
            long bytes = block + 2;
            if (LANES > 4) {
                for (int j = 0; j < size; j += LANES) {
                    FloatVector integers =
                            (FloatVector) Memory.loadBytes(bytes + j).convertShape(VectorOperators.I2F, F, 0);
                    Memory.store(to + 4L * (i + j), integers.mul(scale));
                }
            } else {
                for (int j = 0; j < size; j++) {
                    Memory.set(to + 4L * (i + j), Memory.getByte(bytes + j) * scale);
                }
            }
        }
    }
}
