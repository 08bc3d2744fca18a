package carve.api.model;

import carve.api.mixer.ActivationHook;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The input of a model's first layer: embeds tokens, and inserts the embeddings of images.
 *
 * <p>An encoder may take one token for a whole picture, so that there are more positions than tokens. It then also takes as
 * many tokens as a picture has positions; samples for training are written so, and targets and masks stand at the
 * positions of their tokens.
 */
public interface InputEncoder {
    /**
     * The input of the first layer.
     *
     * @param x (B, T, D)
     * @param sequenceLayout how the rows of x are divided; T may differ from that of the tokens
     */
    record Embeddings(Tensor x, SequenceLayout sequenceLayout) {
        /** Returns the same with padded rows packed one after the other into one, {@code (1, T, D)}, and their padding left out. */
        public Embeddings withoutPadding() {
            if (!sequenceLayout.isPadded()) {
                return this;
            }
            List<Tensor> rows = new ArrayList<>();
            int[] offsets = new int[sequenceLayout.batch() + 1];
            for (int b = 0; b < sequenceLayout.batch(); b++) {
                int length = sequenceLayout.lengths().get(b);
                rows.add(x.slice(0, b, b + 1).slice(1, 0, length));
                offsets[b + 1] = offsets[b] + length;
            }
            return new Embeddings(Tensors.concat(1, rows), SequenceLayout.packed(offsets));
        }
    }

    /** Returns the parameters that it reads. */
    List<ParamSpec> parameters();

    /**
     * Returns the embedded inputs.
     *
     * @throws IllegalArgumentException if media do not fit the tokens; the message has both counts
     */
    Embeddings encode(Params p, ModelInputs modelInputs);

    /** Returns the embedded inputs as {@link #encode(Params, ModelInputs)} does, and publishes inner values by name. */
    default Embeddings encode(Params p, ModelInputs modelInputs, ActivationHook activationHook) {
        return encode(p, modelInputs);
    }

    /**
     * Returns the token that stands where pictures are spliced in, as often as a picture has positions; none where inputs can
     * only be encoded whole. With it a long prompt is encoded in pieces: the places of each row of the media, and the words
     * between them.
     */
    default OptionalInt imageToken() {
        return OptionalInt.empty();
    }

    /**
     * Returns {@code (..., D)} for ids {@code (...)} of words, I32, that only the device knows, such as those that it has just
     * chosen: what {@link #encode(Params, ModelInputs)} makes of them. Nothing where an encoder must know its tokens.
     */
    default Optional<Tensor> embedTokens(Params p, Tensor tokens) {
        return Optional.empty();
    }

    /** Returns how the rows of the embedded inputs are divided, without making them: how many positions they take. */
    default SequenceLayout layout(ModelInputs modelInputs) {
        return modelInputs.sequenceLayout();
    }
}
