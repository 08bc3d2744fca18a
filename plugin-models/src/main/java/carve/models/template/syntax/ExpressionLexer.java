package carve.models.template.syntax;

import carve.models.template.value.Characters;
import carve.models.template.value.Repr;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/** The splitting of what stands in a tag into tokens. */
final class ExpressionLexer {
    private static final List<TokenKind> OPERATORS = TokenKind.operators();

    private final String source;
    private final Lines lines;
    private final String close;
    private final boolean plusMayClose;
    private final Deque<String> brackets = new ArrayDeque<>();
    private final List<Token> tokens = new ArrayList<>();
    private int at;
    private boolean closed;
    private String sign = "";

    /** Reads from a position to the end of the tag. */
    ExpressionLexer(String source, int start, Lines lines, String close, boolean plusMayClose) {
        this.source = source;
        this.at = start;
        this.lines = lines;
        this.close = close;
        this.plusMayClose = plusMayClose;
        while (at < source.length() && !closes()) {
            next();
        }
    }

    List<Token> tokens() {
        return tokens;
    }

    /** Returns where the tag's closing sign begins, or the end of the source. */
    int end() {
        return at;
    }

    boolean isClosed() {
        return closed;
    }

    /** Returns the minus or plus before the end of the tag, or nothing. */
    String sign() {
        return sign;
    }

    // within brackets, the end of a tag is operators
    private boolean closes() {
        if (!brackets.isEmpty()) {
            return false;
        }
        char c = source.charAt(at);
        boolean signed = (c == '-' || c == '+' && plusMayClose) && source.startsWith(close, at + 1);
        closed = signed || source.startsWith(close, at);
        sign = signed ? String.valueOf(c) : "";
        return closed;
    }

    private void next() {
        int c = source.codePointAt(at);
        if (Characters.isSpace(c)) {
            at++;
        } else if (isDigit(at)) {
            number();
        } else if (Characters.isWord(c)) {
            name();
        } else if ((c == '\'' || c == '"') && endOfString() > 0) {
            int end = endOfString();
            String text = StringLiteral.decoded(source.substring(at + 1, end - 1), lines.of(at));
            add(TokenKind.STRING, text, end);
        } else {
            operator();
        }
    }

    private void add(TokenKind kind, String text, int end) {
        tokens.add(new Token(lines.of(at), kind, text));
        at = end;
    }

    private boolean isDigit(int position) {
        return position < source.length() && source.charAt(position) >= '0' && source.charAt(position) <= '9';
    }

    private void number() {
        int whole = digits(at);
        int fraction = source.startsWith(".", whole) && isDigit(whole + 1) ? digits(whole + 1) : whole;
        int exponent = exponent(fraction);
        boolean afterDot = at > 0 && source.charAt(at - 1) == '.';
        if (exponent > whole && !afterDot) {
            add(TokenKind.FLOAT, source.substring(at, exponent), exponent);
        } else {
            int end = integer();
            add(TokenKind.INTEGER, source.substring(at, end), end);
        }
    }

    // digits, single underscores between them
    private int digits(int from) {
        int end = from;
        while (isDigit(end) || end > from && source.startsWith("_", end) && isDigit(end + 1)) {
            end++;
        }
        return end;
    }

    private int exponent(int from) {
        if (!source.startsWith("e", from) && !source.startsWith("E", from)) {
            return from;
        }
        int digits = source.startsWith("+", from + 1) || source.startsWith("-", from + 1) ? from + 2 : from + 1;
        return isDigit(digits) ? digits(digits) : from;
    }

    private int integer() {
        if (source.charAt(at) != '0') {
            return digits(at);
        }
        int radix = at + 1 < source.length() ? radix(source.charAt(at + 1)) : 0;
        int end = radix == 0 ? at + 1 : at + 2;
        while (end < source.length() && isDigitOf(radix, end + (source.charAt(end) == '_' ? 1 : 0))) {
            end += source.charAt(end) == '_' ? 2 : 1;
        }
        return radix != 0 && end == at + 2 ? at + 1 : end;
    }

    private static int radix(char c) {
        return switch (c) {
            case 'b', 'B' -> 2;
            case 'o', 'O' -> 8;
            case 'x', 'X' -> 16;
            default -> 0;
        };
    }

    // of a decimal that begins with zero, only zeros follow
    private boolean isDigitOf(int radix, int position) {
        if (position >= source.length() || source.charAt(position) >= 0x80) {
            return false;
        }
        return radix == 0 ? source.charAt(position) == '0' : Character.digit(source.charAt(position), radix) >= 0;
    }

    private void name() {
        int end = at;
        while (end < source.length() && isNamePart(source.codePointAt(end))) {
            end += Character.charCount(source.codePointAt(end));
        }
        String name = source.substring(at, end);
        if (!Names.isIdentifier(name)) {
            throw new SyntaxException(lines.of(at), "Invalid character in identifier");
        }
        add(TokenKind.NAME, name, end);
    }

    private static boolean isNamePart(int c) {
        return Characters.isWord(c) || Character.isUnicodeIdentifierPart(c) && !Character.isIdentifierIgnorable(c);
    }

    // 0 if the string does not end
    private int endOfString() {
        char quote = source.charAt(at);
        for (int i = at + 1; i < source.length(); i++) {
            if (source.charAt(i) == '\\') {
                i++;
            } else if (source.charAt(i) == quote) {
                return i + 1;
            }
        }
        return 0;
    }

    private void operator() {
        TokenKind operator = OPERATORS.stream()
                .filter(kind -> source.startsWith(kind.description(), at))
                .findFirst()
                .orElseThrow(this::unexpected);
        switch (operator) {
            case LEFT_BRACE -> brackets.push("}");
            case LEFT_PARENTHESIS -> brackets.push(")");
            case LEFT_BRACKET -> brackets.push("]");
            case RIGHT_BRACE, RIGHT_PARENTHESIS, RIGHT_BRACKET -> closeBracket(operator.description());
            default -> {}
        }
        add(operator, operator.description(), at + operator.description().length());
    }

    private void closeBracket(String bracket) {
        if (brackets.isEmpty()) {
            throw new SyntaxException(lines.of(at), "unexpected '" + bracket + "'");
        }
        String expected = brackets.pop();
        if (!expected.equals(bracket)) {
            throw new SyntaxException(lines.of(at), "unexpected '%s', expected '%s'".formatted(bracket, expected));
        }
    }

    private SyntaxException unexpected() {
        String character = Repr.quoted(Character.toString(source.codePointAt(at)));
        return new SyntaxException(
                lines.of(at), "unexpected char %s at %d".formatted(character, source.codePointCount(0, at)));
    }
}
