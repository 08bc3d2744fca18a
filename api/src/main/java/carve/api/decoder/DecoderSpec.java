package carve.api.decoder;

import carve.api.model.Norm;
import carve.api.model.OutputHead;
import carve.api.model.PositionEmbedding;
import carve.api.model.TokenEmbedding;
import java.util.List;

/**
 * A decoder as its {@code config.json} describes it, before conversion.
 *
 * @param tokens the token table
 * @param positions the learned embedding of positions, if there is one
 * @param layers the layers, first one first
 * @param finalNorm the norm before the output
 * @param head the output layer
 * @param names the names of its tensors
 */
public record DecoderSpec(
        TokenEmbedding tokens,
        PositionEmbedding positions,
        List<DecoderLayer> layers,
        Norm finalNorm,
        OutputHead head,
        DecoderNames names) {
    /** Copies the list. */
    public DecoderSpec {
        layers = List.copyOf(layers);
    }
}
