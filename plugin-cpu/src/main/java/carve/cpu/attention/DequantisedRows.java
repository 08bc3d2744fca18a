package carve.cpu.attention;

import carve.api.tensor.DType;
import carve.cpu.gemm.Dequantisation;
import carve.cpu.thread.Scratchpad;

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
            Dequantisation.toFloats(stored, from + i * step, width, to);
        }
        return new DequantisedRows(scratch, width);
    }
}
