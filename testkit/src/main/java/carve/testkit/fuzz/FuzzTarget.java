package carve.testkit.fuzz;

import java.util.List;

/**
 * A reader of bytes that may come from a stranger.
 *
 * @param name the name of what is read
 * @param seeds good inputs, from which others are made; at least one
 * @param words texts that mean something to the reader
 * @param reader reads an input
 */
public record FuzzTarget(String name, List<byte[]> seeds, List<String> words, Reader reader) {
    /** Copies the lists. */
    public FuzzTarget {
        seeds = List.copyOf(seeds);
        words = List.copyOf(words);
    }

    /** A reader under test. */
    @FunctionalInterface
    public interface Reader {
        /**
         * Reads an input.
         *
         * @throws carve.api.CarveException if the input is refused
         * @throws Exception if a file cannot be written or read, which is a failure as any other exception is
         */
        void read(byte[] input) throws Exception;
    }
}
