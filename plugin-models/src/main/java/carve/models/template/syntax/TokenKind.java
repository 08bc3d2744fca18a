package carve.models.template.syntax;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/** The kinds of tokens; each knows what messages call it. */
public enum TokenKind {
    /** Text outside of tags. */
    DATA("template data / text", false),
    /** The beginning of a statement. */
    BLOCK_BEGIN("begin of statement block", false),
    /** The end of a statement. */
    BLOCK_END("end of statement block", false),
    /** The beginning of an expression to print. */
    VARIABLE_BEGIN("begin of print statement", false),
    /** The end of an expression to print. */
    VARIABLE_END("end of print statement", false),
    /** The end of the source. */
    END("end of template", false),
    /** A name or a word of the language. */
    NAME("name", false),
    /** A string, its escapes resolved. */
    STRING("string", false),
    /** An integer as it is written. */
    INTEGER("integer", false),
    /** A number with fraction or exponent as it is written. */
    FLOAT("float", false),
    /** Division without fraction. */
    FLOOR_DIVIDE("//", true),
    /** Power. */
    POWER("**", true),
    /** Equal. */
    EQUAL("==", true),
    /** Not equal. */
    NOT_EQUAL("!=", true),
    /** At least. */
    AT_LEAST(">=", true),
    /** At most. */
    AT_MOST("<=", true),
    /** Plus. */
    PLUS("+", true),
    /** Minus. */
    MINUS("-", true),
    /** Division. */
    DIVIDE("/", true),
    /** Product. */
    TIMES("*", true),
    /** Remainder. */
    MODULO("%", true),
    /** Joining of texts. */
    TILDE("~", true),
    /** Left bracket. */
    LEFT_BRACKET("[", true),
    /** Right bracket. */
    RIGHT_BRACKET("]", true),
    /** Left parenthesis. */
    LEFT_PARENTHESIS("(", true),
    /** Right parenthesis. */
    RIGHT_PARENTHESIS(")", true),
    /** Left brace. */
    LEFT_BRACE("{", true),
    /** Right brace. */
    RIGHT_BRACE("}", true),
    /** Greater. */
    GREATER(">", true),
    /** Less. */
    LESS("<", true),
    /** Assignment. */
    ASSIGN("=", true),
    /** Attribute. */
    DOT(".", true),
    /** Colon. */
    COLON(":", true),
    /** Filter. */
    PIPE("|", true),
    /** Comma. */
    COMMA(",", true),
    /** Semicolon. */
    SEMICOLON(";", true);

    private final String description;
    private final boolean operator;

    TokenKind(String description, boolean operator) {
        this.description = description;
        this.operator = operator;
    }

    /** Returns what messages call it. */
    public String description() {
        return description;
    }

    /** Returns the operators, the longest first. */
    static List<TokenKind> operators() {
        return Arrays.stream(values())
                .filter(kind -> kind.operator)
                .sorted(Comparator.comparing(kind -> -kind.description.length()))
                .toList();
    }
}
