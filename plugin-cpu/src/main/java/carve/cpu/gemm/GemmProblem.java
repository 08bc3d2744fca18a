package carve.cpu.gemm;

import carve.api.tensor.DType;

/**
 * One or several matrix products {@code C (M, N) = op(A) (M, K) B (K, N) + bias (N)} in F32: all that a strategy is chosen by.
 *
 * @param linear whether B is the weights of a linear layer, for which skinny kernels exist: dense, transposed, one matrix
 * @param batch the number of products
 * @param m rows of C
 * @param n columns of C
 * @param k depth
 * @param a the left operand
 * @param transposeA whether A is stored (K, M) instead of (M, K)
 * @param b the right operand
 * @param rightLayout the storage of B
 * @param c the result
 * @param accumulate whether products are added to C instead of overwriting it
 * @param bias the address of the bias in F32, 0 where there is none; only for linear layers
 */
public record GemmProblem(
        boolean linear,
        int batch,
        int m,
        int n,
        int k,
        Matrix a,
        boolean transposeA,
        Matrix b,
        RightLayout rightLayout,
        Matrix c,
        boolean accumulate,
        long bias) {
    /**
     * Returns the forward product of a linear layer, {@code y (M, N) = x (M, K) W^T + b}.
     *
     * @param x the address of x, dense
     * @param y the address of y, dense
     */
    public static GemmProblem linear(LinearWeights weights, int m, long x, long y) {
        int n = weights.n();
        int k = weights.k();
        return new GemmProblem(
                true,
                1,
                m,
                n,
                k,
                new Matrix(x, k, 0),
                false,
                new Matrix(weights.address(), k, 0),
                RightLayout.transposed(weights.dtype()),
                new Matrix(y, n, 0),
                false,
                weights.bias());
    }

    /** Returns products without a bias, which overwrite C. */
    public static GemmProblem matmul(
            int batch, int m, int n, int k, Matrix a, boolean transposeA, Matrix b, RightLayout rightLayout, Matrix c) {
        return new GemmProblem(false, batch, m, n, k, a, transposeA, b, rightLayout, c, false, 0);
    }

    /** Returns the number of multiply-adds of one product. */
    long work() {
        return (long) m * n * k;
    }

    /** Returns the least of the three extents. */
    int minExtent() {
        return Math.min(m, Math.min(n, k));
    }

    /** Returns the storage type of B. */
    DType rightType() {
        return rightLayout.dtype();
    }

    /** Returns the right operand as weights. */
    LinearWeights weights() {
        return new LinearWeights(n, k, b.address(), rightType(), bias);
    }

    /** Returns whether all operands are F32 without gaps, and the result is overwritten. */
    boolean isDense() {
        boolean transposeB = rightLayout == RightLayout.F32_TRANSPOSED;
        return !accumulate
                && (rightLayout == RightLayout.F32 || transposeB)
                && a.rowStride() == (transposeA ? m : k)
                && b.rowStride() == (transposeB ? k : n)
                && c.rowStride() == n;
    }
}
