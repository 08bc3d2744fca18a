package carve.models.mamba2;

/**
 * The extents of the mixers of a model.
 *
 * @param heads H
 * @param headWidth P
 * @param groups G, of B and C
 * @param stateSize N
 * @param convWidth W
 * @param bias whether projections have biases
 * @param convBias whether the convolution has one
 * @param normGroups parts of the inner width that are normed alone
 */
record Mamba2Dims(
        int heads,
        int headWidth,
        int groups,
        int stateSize,
        int convWidth,
        boolean bias,
        boolean convBias,
        int normGroups) {
    /** Returns I, the inner width. */
    int inner() {
        return heads * headWidth;
    }
}
