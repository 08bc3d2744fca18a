package carve.models.template.syntax;

import carve.models.template.syntax.Statement.Signature;
import carve.models.template.syntax.Target.NamespaceAttribute;
import carve.models.template.syntax.Target.Several;
import carve.models.template.syntax.Target.Variable;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** The grammar of what is assigned to. */
final class TargetParser {
    private static final Set<String> CONSTANTS = Set.of("true", "True", "false", "False", "none", "None");

    private final TokenStream stream;
    private final ExpressionParser expressions;

    TargetParser(TokenStream stream, ExpressionParser expressions) {
        this.stream = stream;
        this.expressions = expressions;
    }

    /**
     * Reads a target, or several.
     *
     * @param end a word at which they end; empty for none
     * @param namespaces whether attributes of namespaces are targets
     */
    Target target(String end, boolean namespaces) {
        List<Target> items = new ArrayList<>();
        boolean several = false;
        while (true) {
            if (!items.isEmpty()) {
                stream.expect(TokenKind.COMMA);
            }
            if (ends(end)) {
                break;
            }
            items.add(one(namespaces));
            if (!stream.is(TokenKind.COMMA)) {
                break;
            }
            several = true;
        }
        if (items.isEmpty()) {
            // says what was expected
            expressions.tuple(true, end);
        }
        return several ? new Several(items) : items.getFirst();
    }

    private boolean ends(String end) {
        return switch (stream.current().kind()) {
            case VARIABLE_END, BLOCK_END, RIGHT_PARENTHESIS -> true;
            default -> !end.isEmpty() && stream.isWord(end);
        };
    }

    private Target one(boolean namespaces) {
        Token token = stream.next();
        if (token.kind() == TokenKind.LEFT_PARENTHESIS) {
            stream.enter();
            Target inner = target("", false);
            stream.leave();
            stream.expect(TokenKind.RIGHT_PARENTHESIS);
            return inner;
        }
        boolean literal = token.kind() != TokenKind.NAME || CONSTANTS.contains(token.text());
        if (literal) {
            throw new SyntaxException(token.line(), "can't assign to '%s'".formatted(kind(token)));
        }
        if (namespaces && stream.skip(TokenKind.DOT)) {
            return new NamespaceAttribute(
                    token.text(), stream.expect(TokenKind.NAME).text());
        }
        return new Variable(token.text());
    }

    private static String kind(Token token) {
        return switch (token.kind()) {
            case LEFT_BRACKET -> "list";
            case LEFT_BRACE -> "dict";
            default -> "const";
        };
    }

    /** Reads parameters in parentheses. */
    Signature signature() {
        stream.expect(TokenKind.LEFT_PARENTHESIS);
        List<String> names = new ArrayList<>();
        List<Expression> defaults = new ArrayList<>();
        while (!stream.is(TokenKind.RIGHT_PARENTHESIS)) {
            if (!names.isEmpty()) {
                stream.expect(TokenKind.COMMA);
            }
            Token name = stream.expect(TokenKind.NAME);
            if (CONSTANTS.contains(name.text())) {
                throw new SyntaxException(name.line(), "can't assign to 'name'");
            }
            if (stream.skip(TokenKind.ASSIGN)) {
                defaults.add(expressions.expression());
            } else if (!defaults.isEmpty()) {
                throw new SyntaxException(stream.current().line(), "non-default argument follows default argument");
            }
            names.add(name.text());
        }
        stream.expect(TokenKind.RIGHT_PARENTHESIS);
        return new Signature(names, defaults);
    }
}
