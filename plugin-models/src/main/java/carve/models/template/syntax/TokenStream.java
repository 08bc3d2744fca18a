package carve.models.template.syntax;

import carve.models.template.value.Repr;
import java.util.List;

/** The tokens of a template, read one after the other. */
final class TokenStream {
    private final List<Token> tokens;
    private final int maxDepth;
    private int at;
    private int depth;

    /** Reads these tokens, with expressions and statements nested at most so deep. */
    TokenStream(List<Token> tokens, int maxDepth) {
        this.tokens = tokens;
        this.maxDepth = maxDepth;
    }

    Token current() {
        return tokens.get(at);
    }

    /** Returns the token after the current one. */
    Token look() {
        return tokens.get(Math.min(at + 1, tokens.size() - 1));
    }

    /** Returns the current token and goes to the next. */
    Token next() {
        Token token = current();
        at = Math.min(at + 1, tokens.size() - 1);
        return token;
    }

    boolean is(TokenKind kind) {
        return current().kind() == kind;
    }

    boolean isWord(String word) {
        return current().isWord(word);
    }

    /** Goes to the next token if the current one is of a kind, and returns whether it was. */
    boolean skip(TokenKind kind) {
        boolean found = is(kind);
        if (found) {
            next();
        }
        return found;
    }

    /** Goes to the next token if the current one is a word, and returns whether it was. */
    boolean skipWord(String word) {
        boolean found = isWord(word);
        if (found) {
            next();
        }
        return found;
    }

    Token expect(TokenKind kind) {
        return is(kind) ? next() : unexpected(kind.description());
    }

    void expectWord(String word) {
        if (isWord(word)) {
            next();
        } else {
            unexpected(word);
        }
    }

    private Token unexpected(String expected) {
        String reason = is(TokenKind.END)
                ? "unexpected end of template, expected %s.".formatted(Repr.quoted(expected))
                : "expected token %s, got %s"
                        .formatted(Repr.quoted(expected), Repr.quoted(current().description()));
        throw new SyntaxException(current().line(), reason);
    }

    /** Goes one level deeper; {@link #leave} comes back. */
    void enter() {
        if (++depth > maxDepth) {
            throw new SyntaxException(
                    current().line(),
                    "LimitError",
                    "statements and expressions are nested deeper than the limit of " + maxDepth);
        }
    }

    void leave() {
        leave(1);
    }

    void leave(int levels) {
        depth -= levels;
    }
}
