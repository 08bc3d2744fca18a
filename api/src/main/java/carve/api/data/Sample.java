package carve.api.data;

import carve.api.tensor.HostTensor;
import java.util.Map;

/**
 * A conversation as a model takes it.
 *
 * @param tokens T token ids; not copied
 * @param lossMask for each token whether the model has said it and is trained to; not copied
 * @param media by name what the model's input encoder takes beside tokens
 */
public record Sample(int[] tokens, boolean[] lossMask, Map<String, HostTensor> media) {
    /** Checks that there is a flag for each token. */
    public Sample {
        media = Map.copyOf(media);
        if (tokens.length != lossMask.length) {
            throw new IllegalArgumentException("%d tokens, but %d flags".formatted(tokens.length, lossMask.length));
        }
    }
}
