package carve.models.mamba2;

/**
 * The extents of the mixers of a model.
 *
 * @param heads H
 * @param headWidth P
 * @param groups G, of B and C, and the parts of the inner width that are normed alone
 * @param stateSize N
 * @param convWidth W
 * @param bias whether projections have biases
 * @param convBias whether the convolution has one
 */
record Mamba2Dims(int heads, int headWidth, int groups, int stateSize, int convWidth, boolean bias, boolean convBias) {
    /** Returns I, the inner width. */
    int inner() {
        return heads * headWidth;
    }
}
