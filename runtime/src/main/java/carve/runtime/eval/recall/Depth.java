package carve.runtime.eval.recall;

/** A place of the answer in a text. */
public sealed interface Depth {
    /** Anywhere: each example draws its own place. */
    Depth RANDOM = new Random();

    /** A random place. */
    record Random() implements Depth {}

    /**
     * One place.
     *
     * @param fraction from 0, the beginning of the text, to 1, its end
     */
    record At(double fraction) implements Depth {
        /** Checks the range. */
        public At {
            if (!(fraction >= 0 && fraction <= 1)) {
                throw new IllegalArgumentException("a depth must be 0 to 1, is " + fraction);
            }
        }
    }
}
