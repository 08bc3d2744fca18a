package carve.distill.optimizer;

/** The fall of the learning rate from its peak to its floor. */
enum DecayShape {
    /** {@code (1 + cos(pi x)) / 2}. */
    COSINE,
    /** {@code 1 - x}. */
    LINEAR;

    /**
     * Returns the factor of the peak rate.
     *
     * @param progress the part of the decay that has passed, from 0 to 1
     * @param minRateRatio the factor at the end
     */
    double factor(double progress, double minRateRatio) {
        return (1 - minRateRatio) * unit(progress) + minRateRatio;
    }

    private double unit(double progress) {
        return switch (this) {
            case COSINE -> Math.max(0, 0.5 * (1 + Math.cos(Math.PI * progress)));
            case LINEAR -> 1 - progress;
        };
    }
}
