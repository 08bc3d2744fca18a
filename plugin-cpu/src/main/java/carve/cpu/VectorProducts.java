package carve.cpu;

/** Products of few rows in vectors of Java: one row by {@link Gemv}, more by {@link Rows}, the first ones by {@link PlainProducts}. */
final class VectorProducts implements FewRows {
    private final Gemv gemv;
    private final Rows rows;
    private final PlainProducts plain;

    /** Makes the products of a device, of which plain loops may do so many multiplications. */
    VectorProducts(Workers workers, long plain) {
        this.gemv = new Gemv(workers);
        this.rows = new Rows(workers);
        this.plain = new PlainProducts(workers, plain);
    }

    @Override
    public String name() {
        return "vector-as-stored";
    }

    @Override
    public boolean servesMany() {
        return false;
    }

    @Override
    public void multiply(Rows.Product p, int m, long x, long y) {
        if (plain.take(p, m)) {
            plain.multiply(p, m, x, y);
        } else if (m == 1) {
            gemv.multiply(p, x, y);
        } else {
            rows.multiply(p, m, x, y);
        }
    }
}
