package carve.app.bench;

import carve.api.model.ModelSpec;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;

/** Token ids to measure with, which other programs can make too. */
final class BenchTokens {
    private static final long STRIDE = 7919;

    private BenchTokens() {}

    /** Returns ids of which number i is {@code (7919 i + 1) mod vocabulary}, or the one before it if that is the place of a picture. */
    static int[] tokens(ModelSpec spec, int count) {
        return IntStream.range(0, count)
                .map(i -> (int) ((STRIDE * i + 1) % spec.vocabulary()))
                .map(id -> isTextToken(spec, id) ? id : Math.max(0, id - 1))
                .toArray();
    }

    /** Returns the token that is the place of a picture, if there is one. */
    static Set<Integer> imageTokens(ModelSpec spec) {
        OptionalInt image = spec.input().imageToken();
        return image.isPresent() ? Set.of(image.getAsInt()) : Set.of();
    }

    /** Returns whether a token is not the place of a picture. */
    static boolean isTextToken(ModelSpec spec, int token) {
        OptionalInt picture = spec.input().imageToken();
        return picture.isEmpty() || picture.getAsInt() != token;
    }
}
