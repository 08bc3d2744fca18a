package carve.app.bench;

import java.util.stream.IntStream;

/** Token ids to measure with, which other programs can make too. */
final class Prompts {
    private static final long STRIDE = 7919;

    private Prompts() {}

    /** Returns ids of which number i is {@code (7919 i + 1) mod vocabulary}. */
    static int[] tokens(int vocabulary, int count) {
        return IntStream.range(0, count)
                .map(i -> (int) ((STRIDE * i + 1) % vocabulary))
                .toArray();
    }
}
