package carve.api.stage;

/** The combination of a loss's values at several layers. */
public enum LayerReduction {
    /** The mean of the layers. */
    MEAN,
    /** The sum of the layers. */
    SUM;

    /** Returns the factor of each of a number of values. */
    public double factor(int count) {
        return this == MEAN ? 1.0 / count : 1;
    }
}
