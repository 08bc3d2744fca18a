package carve.models.template.syntax;

/**
 * A token of a template.
 *
 * @param line its line, from 1
 * @param kind what it is
 * @param text the data, the name, the number as written, or the string's value
 */
public record Token(int line, TokenKind kind, String text) {
    /** Returns whether this is a certain word. */
    boolean isWord(String word) {
        return kind == TokenKind.NAME && text.equals(word);
    }

    /** Returns what messages call it. */
    String description() {
        return kind == TokenKind.NAME ? text : kind.description();
    }
}
