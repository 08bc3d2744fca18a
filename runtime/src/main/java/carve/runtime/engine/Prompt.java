package carve.runtime.engine;

import carve.api.data.Sample;
import carve.api.tensor.HostTensor;
import carve.api.tensor.Shape;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * The tokens of a prompt and, where some of them stand for images, the images' pixels, row by row.
 *
 * <p>The places of rows are found by the image token: so many for each row, in order. A prompt for a model without an image
 * token is embedded whole.
 *
 * @param tokens T token ids; not copied
 * @param mediaRows the tensors of each row of the media, by name
 * @param mediaStarts the first position of each row
 * @param tokensPerMediaRow the number of positions of each row
 * @param mediaDigests a digest of each row
 */
public record Prompt(
        int[] tokens,
        List<Map<String, HostTensor>> mediaRows,
        List<Integer> mediaStarts,
        int tokensPerMediaRow,
        List<String> mediaDigests) {
    /** Copies the lists. */
    public Prompt {
        mediaRows = List.copyOf(mediaRows);
        mediaStarts = List.copyOf(mediaStarts);
        mediaDigests = List.copyOf(mediaDigests);
        if (tokens.length == 0) {
            throw new IllegalArgumentException("a prompt needs at least one token");
        }
    }

    /** Returns a prompt of text. */
    public static Prompt text(int... tokens) {
        return new Prompt(tokens, List.of(), List.of(), 0, List.of());
    }

    /** Returns a prompt whose images and tokens can only be embedded all at once. */
    static Prompt whole(Sample sample) {
        return new Prompt(
                sample.tokens(),
                List.of(sample.media()),
                List.of(0),
                sample.tokens().length,
                List.of(digest(sample.media())));
    }

    /**
     * Returns the prompt of a sample.
     *
     * @param picture the token that stands for pictures, if the model has one
     * @throws IllegalArgumentException if the number of image tokens does not fit the images
     */
    public static Prompt of(Sample sample, OptionalInt picture) {
        if (picture.isEmpty() && !sample.media().isEmpty()) {
            return whole(sample);
        }
        int[] at = picture.isPresent()
                ? IntStream.range(0, sample.tokens().length)
                        .filter(i -> sample.tokens()[i] == picture.getAsInt())
                        .toArray()
                : new int[0];
        int rows = sample.media().values().stream()
                .mapToInt(tensor -> tensor.shape().extent(0))
                .findFirst()
                .orElse(0);
        boolean even = sample.media().values().stream()
                .allMatch(tensor -> tensor.shape().extent(0) == rows);
        if (!even || rows == 0 ? at.length > 0 || !sample.media().isEmpty() : at.length == 0 || at.length % rows != 0) {
            throw new IllegalArgumentException(
                    "the prompt has %d image tokens for %d image rows; the former must be a multiple of the latter"
                            .formatted(at.length, rows));
        }
        int places = rows == 0 ? 0 : at.length / rows;
        for (int row = 0; row < rows; row++) {
            if (at[(row + 1) * places - 1] != at[row * places] + places - 1) {
                throw new IllegalArgumentException(
                        "the image tokens of image row %d are not contiguous".formatted(row));
            }
        }
        List<Integer> starts =
                IntStream.range(0, rows).map(row -> at[row * places]).boxed().toList();
        List<Map<String, HostTensor>> cut = splitRows(sample.media(), rows);
        return new Prompt(
                sample.tokens(),
                cut,
                starts,
                places,
                cut.stream().map(Prompt::digest).toList());
    }

    private static List<Map<String, HostTensor>> splitRows(Map<String, HostTensor> media, int rows) {
        List<Map<String, HostTensor>> cut = new ArrayList<>();
        for (int row = 0; row < rows; row++) {
            Map<String, HostTensor> one = new LinkedHashMap<>();
            int r = row;
            media.forEach((name, tensor) -> one.put(name, row(tensor, r)));
            cut.add(one);
        }
        return cut;
    }

    private static HostTensor row(HostTensor tensor, int row) {
        Shape shape = tensor.shape().with(0, 1);
        int size = Math.toIntExact(shape.size());
        return new HostTensor(shape, Arrays.copyOfRange(tensor.values(), row * size, (row + 1) * size));
    }

    private static String digest(Map<String, HostTensor> row) {
        MessageDigest digest = Digests.sha256();
        new TreeMap<>(row).forEach((name, tensor) -> {
            Digests.add(digest, name);
            Digests.add(digest, tensor.shape().toString());
            ByteBuffer bytes = ByteBuffer.allocate(tensor.values().length * Float.BYTES);
            bytes.asFloatBuffer().put(tensor.values());
            digest.update(bytes);
        });
        return Digests.hex(digest);
    }

    /** Returns the number of tokens. */
    public int length() {
        return tokens.length;
    }

    /** Returns this prompt with more tokens. */
    public Prompt with(List<Integer> more) {
        int[] all = Arrays.copyOf(tokens, tokens.length + more.size());
        for (int i = 0; i < more.size(); i++) {
            all[tokens.length + i] = more.get(i);
        }
        return new Prompt(all, mediaRows, mediaStarts, tokensPerMediaRow, mediaDigests);
    }

    /** Returns the prompt of the first so many tokens, with the images that begin there. */
    public Prompt prefix(int length) {
        int rows = (int) mediaStarts.stream().filter(start -> start < length).count();
        return new Prompt(
                Arrays.copyOf(tokens, length),
                mediaRows.subList(0, rows),
                mediaStarts.subList(0, rows),
                tokensPerMediaRow,
                mediaDigests.subList(0, rows));
    }

    /** Returns whether another prompt begins with all of this one, and has more. */
    public boolean isPrefixOf(Prompt other) {
        return tokens.length < other.tokens.length
                && Arrays.equals(tokens, 0, tokens.length, other.tokens, 0, tokens.length)
                && mediaDigests.size() <= other.mediaDigests.size()
                && mediaDigests.equals(other.mediaDigests.subList(0, mediaDigests.size()));
    }
}
