package carve.cpu.gemm;

import carve.api.tensor.DType;
import carve.cpu.memory.NativeMemory;

/**
 * The weights (N, K) of a linear layer as they are stored, and its bias (N).
 *
 * @param n output features, the rows
 * @param k input features, the columns
 * @param address the address of the first row
 * @param dtype the storage type; rows are contiguous
 * @param bias the address of the bias in F32, 0 where there is none
 */
public record LinearWeights(int n, int k, long address, DType dtype, long bias) {
    /** Returns the address of a row. */
    long row(int i) {
        return address + i * dtype.bytes(k);
    }

    /** Returns the bias of a row, 0 where there is none. */
    float bias(int i) {
        return bias == 0 ? 0 : NativeMemory.get(bias + 4L * i);
    }
}
