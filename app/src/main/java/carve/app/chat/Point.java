package carve.app.chat;

import carve.api.model.ModelState;
import carve.api.model.Picture;
import carve.api.model.Sample;
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
 * @param rows how many rows of each medium that was
 */
record Point(ModelState state, int[] tokens, List<Picture> pictures, Map<String, Integer> rows)
        implements AutoCloseable {
    Point {
        pictures = List.copyOf(pictures);
        rows = Map.copyOf(rows);
    }

    /** Returns whether a prompt begins with all that was seen, and has more. */
    boolean leadsTo(Sample prompt, List<Picture> shown) {
        return tokens.length < prompt.tokens().length
                && Arrays.equals(tokens, 0, tokens.length, prompt.tokens(), 0, tokens.length)
                && pictures.size() <= shown.size()
                && same(pictures, shown.subList(0, pictures.size()));
    }

    private static boolean same(List<Picture> some, List<Picture> others) {
        for (int i = 0; i < some.size(); i++) {
            if (!Arrays.equals(some.get(i).bytes(), others.get(i).bytes())) {
                return false;
            }
        }
        return true;
    }

    /** Returns what of a prompt is yet to be seen. */
    Sample rest(Sample prompt) {
        int[] left = Arrays.copyOfRange(prompt.tokens(), tokens.length, prompt.tokens().length);
        Map<String, carve.api.model.HostTensor> media = new LinkedHashMap<>();
        prompt.media().forEach((name, tensor) -> {
            int seen = rows.getOrDefault(name, 0);
            int all = tensor.shape().extent(0);
            if (seen < all) {
                int each = tensor.values().length / all;
                media.put(
                        name,
                        new carve.api.model.HostTensor(
                                tensor.shape().with(0, all - seen),
                                Arrays.copyOfRange(tensor.values(), seen * each, all * each)));
            }
        });
        return new Sample(left, new boolean[left.length], media);
    }

    /** Returns a copy that goes its own way; the caller closes it. */
    Point fork() {
        return new Point(state.fork(), tokens, pictures, rows);
    }

    @Override
    public void close() {
        state.close();
    }
}
