package carve.api.mixer;

/**
 * The configuration of a layer, as its model gives it to the mixer.
 *
 * @param hidden D, the width of the layer's input and output
 * @param heads H, query heads of the attention that the layer has or had
 * @param kvHeads G, heads of keys and values; divides heads
 * @param headWidth K, the width of a head
 * @param bias whether the attention's projections of queries, keys and values have biases
 * @param outputBias whether its output projection has one
 * @param epsilon of the model's norms
 * @param rotaryEmbedding the model's position embedding
 */
public record LayerConfig(
        int hidden,
        int heads,
        int kvHeads,
        int headWidth,
        boolean bias,
        boolean outputBias,
        double epsilon,
        RotaryEmbedding rotaryEmbedding) {
    /** Checks that all extents are positive and that kvHeads divides heads. */
    public LayerConfig {
        if (hidden < 1 || heads < 1 || kvHeads < 1 || headWidth < 1 || heads % kvHeads != 0) {
            throw new IllegalArgumentException(
                    "extents must be positive, and kv-heads divide heads; hidden=%d, heads=%d, kv-heads=%d, head-width=%d"
                            .formatted(hidden, heads, kvHeads, headWidth));
        }
    }

    /** Makes the dimensions of a layer whose projections have biases all or none. */
    public LayerConfig(
            int hidden,
            int heads,
            int kvHeads,
            int headWidth,
            boolean bias,
            double epsilon,
            RotaryEmbedding rotaryEmbedding) {
        this(hidden, heads, kvHeads, headWidth, bias, bias, epsilon, rotaryEmbedding);
    }
}
