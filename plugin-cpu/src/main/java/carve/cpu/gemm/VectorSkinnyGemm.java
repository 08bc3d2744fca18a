package carve.cpu.gemm;

import carve.cpu.thread.ThreadPool;

/** Products of few rows in vectors of Java: one row by {@link Gemv}, more by {@link DotGemm}, the first ones by {@link ScalarGemm}. */
public final class VectorSkinnyGemm implements SkinnyGemm {
    private final Gemv gemv;
    private final DotGemm dotGemm;
    private final ScalarGemm plain;

    /** Makes the products of a device, of which plain loops may do so many multiplications. */
    public VectorSkinnyGemm(ThreadPool threadPool, long plain) {
        this.gemv = new Gemv(threadPool);
        this.dotGemm = new DotGemm(threadPool);
        this.plain = new ScalarGemm(threadPool, plain);
    }

    @Override
    public String name() {
        return "vector-skinny-gemm";
    }

    @Override
    public boolean supportsManyRows() {
        return false;
    }

    @Override
    public void multiply(DotGemm.LinearWeights p, int m, long x, long y) {
        if (plain.reserveBudget(p, m)) {
            plain.multiply(p, m, x, y);
        } else if (m == 1) {
            gemv.multiply(p, x, y);
        } else {
            dotGemm.multiply(p, m, x, y);
        }
    }
}
