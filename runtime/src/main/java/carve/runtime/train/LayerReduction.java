package carve.runtime.train;

/** What is made of a loss's values at several layers. */
public enum LayerReduction {
    /** Their mean. */
    MEAN,
    /** Their sum. */
    SUM;

    /** Returns the factor before each of so many values. */
    public double factor(int count) {
        return this == MEAN ? 1.0 / count : 1;
    }
}
