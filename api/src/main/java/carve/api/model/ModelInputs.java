package carve.api.model;

import carve.api.op.SequenceLayout;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import java.util.Map;

/**
 * The inputs of a model: token ids and, by name, whatever else its input encoder takes.
 *
 * @param tokens B x T token ids, row-major; not copied
 * @param sequenceLayout B, T, and how rows are divided
 * @param media tensors such as {@code pixel_values}, on the model's device
 */
public record ModelInputs(int[] tokens, SequenceLayout sequenceLayout, Map<String, Tensor> media) {
    /** Checks that there is a token for each position. */
    public ModelInputs {
        media = Map.copyOf(media);
        if (tokens.length != sequenceLayout.batch() * sequenceLayout.positions()) {
            throw new ShapeException("inputs: %d tokens do not fill %s".formatted(tokens.length, sequenceLayout));
        }
    }

    /** Returns one row of text. */
    public static ModelInputs text(int... tokens) {
        return new ModelInputs(tokens, SequenceLayout.unpadded(1, tokens.length), Map.of());
    }
}
