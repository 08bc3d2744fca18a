package carve.cuda;

import java.util.List;

/**
 * Products of matrices by our own kernel, of any storage types; on tensor cores where that changes nothing that the settings
 * do not say: operands that are stored in BF16, and F32 under TF32.
 */
final class KernelBlas implements Blas {
    private static final int TILE = 64;
    private static final int F32 = 0;
    private static final int BF16 = 1;

    private final Stream stream;
    private final CudaConfig.Products products;
    private final List<String> tensor;

    KernelBlas(Stream stream, CudaConfig.Products products, Card card) {
        this.stream = stream;
        this.products = products;
        this.tensor = products.options(card);
    }

    private List<String> options(Matrix a, Matrix b) {
        int exact = products == CudaConfig.Products.TF32 ? F32 : BF16;
        return a.code() == exact && b.code() == exact ? tensor : List.of();
    }

    @Override
    public boolean takes(int a, int b) {
        return true;
    }

    @Override
    public void multiply(int m, int n, int k, Matrix a, Matrix b, Matrix c, int batches) {
        var grid = new Launch.Grid((m + TILE - 1) / TILE, (n + TILE - 1) / TILE, batches);
        stream.run(options(a, b), "matmul", "gemm", grid, m, n, k, struct(a), struct(b), struct(c));
    }

    private static Launch.Struct struct(Matrix matrix) {
        return new Launch.Struct(
                matrix.address(), matrix.leading(), matrix.stride(), matrix.code(), matrix.transposed());
    }
}
