package carve.cpu.blas;

import carve.api.tensor.DType;
import carve.cpu.thread.ThreadPool;

/** F32 matrix products by {@link OneDnnEngine}, divided among the device's threads. */
final class OneDnnBlas implements Blas {
    private final OneDnnEngine library;
    private final ThreadPool threadPool;

    OneDnnBlas(OneDnnEngine library, ThreadPool threadPool) {
        this.library = library;
        this.threadPool = threadPool;
    }

    @Override
    public String description() {
        return "oneDNN";
    }

    @Override
    public void multiply(int m, int n, int k, long a, boolean transposeA, long b, boolean transposeB, long c) {
        var matmulShape = new OneDnnEngine.MatmulShape(
                DType.F32, m, n, k, transposeA ? 1 : k, transposeA ? m : 1, transposeB ? 1 : n, transposeB ? k : 1, n);
        BlockedMatmul.multiply(library, threadPool, matmulShape, a, b, c);
    }
}
