package carve.api.model;

import carve.api.op.Sequences;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import java.util.Map;

/**
 * What a model is given: token ids and, by name, whatever else its input encoder takes.
 *
 * @param tokens B x T token ids, row-major; not copied
 * @param sequences B, T, and how rows are divided
 * @param media tensors such as {@code pixel_values}, on the model's device
 */
public record Inputs(int[] tokens, Sequences sequences, Map<String, Tensor> media) {
    /** Checks that there is a token for each position. */
    public Inputs {
        media = Map.copyOf(media);
        if (tokens.length != sequences.batch() * sequences.positions()) {
            throw new ShapeException("inputs: %d tokens do not fill %s".formatted(tokens.length, sequences));
        }
    }

    /** Returns one row of text. */
    public static Inputs text(int... tokens) {
        return new Inputs(tokens, Sequences.whole(1, tokens.length), Map.of());
    }
}
