package carve.app.chat;

import carve.api.data.Sample;
import carve.api.model.ModelState;
import carve.api.text.EncodedImage;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A place in conversations from which the model can go on: its state, and all that it has seen.
 *
 * @param state what the model remembers; owned
 * @param tokens what it has seen
 * @param pictures what it has seen of pictures
 * @param mediaRows how many rows of each medium that was
 */
record ConversationSnapshot(ModelState state, int[] tokens, List<EncodedImage> pictures, Map<String, Integer> mediaRows)
        implements AutoCloseable {
    ConversationSnapshot {
        pictures = List.copyOf(pictures);
        mediaRows = Map.copyOf(mediaRows);
    }

    /** Returns whether a prompt begins with all that was seen, and has more. */
    boolean isPrefixOf(Sample prompt, List<EncodedImage> shown) {
        return tokens.length < prompt.tokens().length
                && Arrays.equals(tokens, 0, tokens.length, prompt.tokens(), 0, tokens.length)
                && pictures.size() <= shown.size()
                && same(pictures, shown.subList(0, pictures.size()));
    }

    private static boolean same(List<EncodedImage> some, List<EncodedImage> others) {
        for (int i = 0; i < some.size(); i++) {
            if (!Arrays.equals(some.get(i).bytes(), others.get(i).bytes())) {
                return false;
            }
        }
        return true;
    }

    /** Returns what of a prompt is yet to be seen. */
    Sample remainder(Sample prompt) {
        int[] left = Arrays.copyOfRange(prompt.tokens(), tokens.length, prompt.tokens().length);
        Map<String, carve.api.tensor.HostTensor> media = new LinkedHashMap<>();
        prompt.media().forEach((name, tensor) -> {
            int seen = mediaRows.getOrDefault(name, 0);
            int all = tensor.shape().extent(0);
            if (seen < all) {
                int each = tensor.values().length / all;
                media.put(
                        name,
                        new carve.api.tensor.HostTensor(
                                tensor.shape().with(0, all - seen),
                                Arrays.copyOfRange(tensor.values(), seen * each, all * each)));
            }
        });
        return new Sample(left, new boolean[left.length], media);
    }

    /** Returns a copy that goes its own way; the caller closes it. */
    ConversationSnapshot fork() {
        return new ConversationSnapshot(state.fork(), tokens, pictures, mediaRows);
    }

    @Override
    public void close() {
        state.close();
    }
}
