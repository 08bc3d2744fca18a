package carve.cpu.gemm;

/** The implementation of a strategy: it computes the problems that the strategy accepts. */
@FunctionalInterface
public interface GemmKernel {
    /** Writes C, on as many threads as it likes. */
    void multiply(GemmProblem problem);
}
