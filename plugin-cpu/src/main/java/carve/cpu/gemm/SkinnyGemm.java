package carve.cpu.gemm;

/**
 * Products of few rows with weights as they are stored, {@code y (M, N) = x (M, K) W (N, K)^T + b}: what decoding spends its time
 * on. The law: the bits of a row of y depend on that row of x, the weights and the machine alone.
 */
public interface SkinnyGemm extends AutoCloseable {
    /** Returns what computes them. */
    String name();

    /** Returns whether products of many rows are to be computed here too, where no instructions for BF16 do. */
    boolean supportsManyRows();

    /** Writes y. */
    void multiply(DotGemm.LinearWeights p, int m, long x, long y);

    @Override
    default void close() {}
}
