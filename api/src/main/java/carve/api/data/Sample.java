package carve.api.data;

import carve.api.tensor.HostTensor;
import java.util.Map;

/**
 * A conversation or a text as a model takes it; or several of them, packed one after the other, that do not see each other.
 *
 * @param tokens T token ids; not copied
 * @param lossMask for each token whether the model is trained to say it; not copied
 * @param media by name what the model's input encoder takes beside tokens
 * @param weights for each token how much it counts in losses, where it is trained; empty if each counts 1; not copied
 * @param starts where packed sequences begin, 0 first; empty if there is one; not copied
 */
public record Sample(int[] tokens, boolean[] lossMask, Map<String, HostTensor> media, float[] weights, int[] starts) {
    /** Checks that there is a flag for each token, and a weight if there are any, and that sequences begin one after the other. */
    public Sample {
        media = Map.copyOf(media);
        require(tokens.length == lossMask.length, tokens, lossMask.length, "flags");
        require(weights.length == 0 || tokens.length == weights.length, tokens, weights.length, "weights");
        for (int i = 0; i < starts.length; i++) {
            int least = i == 0 ? 0 : starts[i - 1] + 1;
            if (starts[i] < least || starts[i] >= tokens.length || i == 0 && starts[0] != 0) {
                throw new IllegalArgumentException(
                        "%d tokens, but sequence %d begins at %d".formatted(tokens.length, i, starts[i]));
            }
        }
    }

    /** Makes a sample of one sequence, whose tokens have the same weight. */
    public Sample(int[] tokens, boolean[] lossMask, Map<String, HostTensor> media) {
        this(tokens, lossMask, media, new float[0], new int[0]);
    }

    private static void require(boolean condition, int[] tokens, int count, String what) {
        if (!condition) {
            throw new IllegalArgumentException("%d tokens, but %d %s".formatted(tokens.length, count, what));
        }
    }

    /** Returns whether this is made of several sequences. */
    public boolean isPacked() {
        return starts.length > 1;
    }

    /** Returns how much a token counts where it is trained. */
    public float weight(int position) {
        return weights.length == 0 ? 1f : weights[position];
    }
}
