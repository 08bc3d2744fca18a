package carve.api.decoder;

/**
 * The extents of a decoder whose configuration leaves them out, which are those of the class in the Transformers library.
 *
 * @param vocabulary {@code vocab_size}
 * @param hidden {@code hidden_size}
 * @param intermediate {@code intermediate_size}
 * @param layers {@code num_hidden_layers}
 * @param heads {@code num_attention_heads}
 * @param kvHeads {@code num_key_value_heads}; 0 for as many as heads
 * @param headWidth {@code head_dim}; 0 for the hidden size divided by the heads
 * @param positions {@code max_position_embeddings}
 */
public record DecoderDefaults(
        int vocabulary,
        int hidden,
        int intermediate,
        int layers,
        int heads,
        int kvHeads,
        int headWidth,
        int positions) {
    /** No defaults: keys must be there. */
    public static final DecoderDefaults NONE = new DecoderDefaults(0, 0, 0, 0, 0, 0, 0, 0);
}
