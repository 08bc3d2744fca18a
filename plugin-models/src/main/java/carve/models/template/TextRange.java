package carve.models.template;

/**
 * A range of the characters of a text, as {@link String#substring(int, int)} counts them.
 *
 * @param start the first character, from 0
 * @param end the character after the last one
 */
public record TextRange(int start, int end) {
    /**
     * Checks the order.
     *
     * @throws IllegalArgumentException if the start is negative or after the end
     */
    public TextRange {
        if (start < 0 || end < start) {
            throw new IllegalArgumentException(
                    "text range: the end is before the start; start=%d, end=%d".formatted(start, end));
        }
    }
}
