package carve.cuda;

/** Products of matrices by our own kernel, of any storage types. */
final class KernelBlas implements Blas {
    private static final int TILE = 64;

    private final Stream stream;

    KernelBlas(Stream stream) {
        this.stream = stream;
    }

    @Override
    public boolean takes(int a, int b) {
        return true;
    }

    @Override
    public void multiply(int m, int n, int k, Matrix a, Matrix b, Matrix c, int batches) {
        var grid = new Launch.Grid((m + TILE - 1) / TILE, (n + TILE - 1) / TILE, batches);
        stream.run("matmul", "gemm", grid, m, n, k, struct(a), struct(b), struct(c));
    }

    private static Launch.Struct struct(Matrix matrix) {
        return new Launch.Struct(
                matrix.address(), matrix.leading(), matrix.stride(), matrix.code(), matrix.transposed());
    }
}
