package carve.cpu.gemm;

/**
 * The placement of an operand or result, one or several row-major matrices.
 *
 * @param address the address of the first matrix
 * @param rowStride elements from row to row
 * @param batchStride elements from matrix to matrix
 */
public record Matrix(long address, long rowStride, long batchStride) {}
