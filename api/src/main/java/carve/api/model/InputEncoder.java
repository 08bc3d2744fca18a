package carve.api.model;

import carve.api.mixer.Probe;
import carve.api.op.Sequences;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Makes the input of a model's first layer: embeds tokens and splices in what stands for pictures.
 *
 * <p>An encoder may take one token for a whole picture, so that there are more positions than tokens. It then also takes as
 * many tokens as a picture has positions; samples for training are written so, and targets and masks stand at the
 * positions of their tokens.
 */
public interface InputEncoder {
    /**
     * What it makes.
     *
     * @param x (B, T, D)
     * @param sequences how the rows of x are divided; T may differ from that of the tokens
     */
    record Encoded(Tensor x, Sequences sequences) {}

    /** Returns the parameters that it reads. */
    List<ParamSpec> parameters();

    /**
     * Returns the embedded inputs.
     *
     * @throws IllegalArgumentException if media do not fit the tokens; the message has both counts
     */
    Encoded encode(Params p, Inputs inputs);

    /** Returns the embedded inputs as {@link #encode(Params, Inputs)} does, and publishes inner values by name. */
    default Encoded encode(Params p, Inputs inputs, Probe probe) {
        return encode(p, inputs);
    }

    /**
     * Returns the token that stands where pictures are spliced in, as often as a picture has positions; none where inputs can
     * only be encoded whole. With it a long prompt is encoded in pieces: the places of each row of the media, and the words
     * between them.
     */
    default OptionalInt pictureToken() {
        return OptionalInt.empty();
    }

    /**
     * Returns {@code (..., D)} for ids {@code (...)} of words, I32, that only the device knows, such as those that it has just
     * chosen: what {@link #encode(Params, Inputs)} makes of them. Nothing where an encoder must know its tokens.
     */
    default Optional<Tensor> words(Params p, Tensor tokens) {
        return Optional.empty();
    }

    /** Returns how the rows of the embedded inputs are divided, without making them: how many positions they take. */
    default Sequences sequences(Inputs inputs) {
        return inputs.sequences();
    }
}
