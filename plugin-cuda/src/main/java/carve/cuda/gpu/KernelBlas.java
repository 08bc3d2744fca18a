package carve.cuda.gpu;

import java.util.List;

/**
 * Products of matrices by a built-in kernel, of any storage types; on tensor cores for operands that are stored in BF16, and
 * for F32 where the precision is TF32.
 */
public final class KernelBlas implements GpuBlas {
    private static final int TILE = 64;
    private static final int F32 = 0;
    private static final int BF16 = 1;

    private final GpuStream gpuStream;
    private final MatmulPrecision matmulPrecision;
    private final List<String> tensorCoreOptions;

    /** Makes the matrix products that are kernels of this plugin. */
    public KernelBlas(GpuStream gpuStream, MatmulPrecision matmulPrecision, GpuProperties gpuProperties) {
        this.gpuStream = gpuStream;
        this.matmulPrecision = matmulPrecision;
        this.tensorCoreOptions = matmulPrecision.compilerOptions(gpuProperties);
    }

    private List<String> options(Matrix a, Matrix b) {
        int exact = matmulPrecision == MatmulPrecision.TF32 ? F32 : BF16;
        return a.typeCode() == exact && b.typeCode() == exact ? tensorCoreOptions : List.of();
    }

    @Override
    public boolean supportsInputs(int a, int b) {
        return true;
    }

    @Override
    public void gemm(int m, int n, int k, Matrix a, Matrix b, Matrix c, int batches) {
        var grid = new KernelLaunch.Grid((m + TILE - 1) / TILE, (n + TILE - 1) / TILE, batches);
        gpuStream.launch(options(a, b), "matmul", "gemm", grid, m, n, k, struct(a), struct(b), struct(c));
    }

    private static KernelLaunch.StructArgument struct(Matrix matrix) {
        return new KernelLaunch.StructArgument(
                matrix.address(),
                matrix.leadingDimension(),
                matrix.batchStride(),
                matrix.typeCode(),
                matrix.transposed());
    }
}
