package carve.models.tokenizer;

/**
 * A piece of a text.
 *
 * @param text the piece, after normalization
 * @param leading how many of its first chars come from the first character of the whole text, for rules that hold only there
 */
public record Piece(String text, int leading) {
    /** Returns a part of this piece. */
    public Piece part(int start, int end) {
        return new Piece(text.substring(start, end), Math.min(Math.max(leading - start, 0), end - start));
    }

    /** Returns a piece with other text in the place of this one. */
    public Piece with(String other, int otherLeading) {
        return new Piece(other, Math.min(otherLeading, other.length()));
    }
}
