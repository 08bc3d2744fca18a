package carve.cpu;

import carve.api.tensor.DType;

/** Products in F32 of {@link OneDnn}, shared out among our workers. */
final class OneDnnBlas implements Blas {
    private final OneDnn library;
    private final Workers workers;

    OneDnnBlas(OneDnn library, Workers workers) {
        this.library = library;
        this.workers = workers;
    }

    @Override
    public String description() {
        return "oneDNN";
    }

    @Override
    public void multiply(int m, int n, int k, long a, boolean transposeA, long b, boolean transposeB, long c) {
        var shape = new OneDnn.Shape(
                DType.F32, m, n, k, transposeA ? 1 : k, transposeA ? m : 1, transposeB ? 1 : n, transposeB ? k : 1, n);
        Grid.multiply(library, workers, shape, a, b, c);
    }
}
