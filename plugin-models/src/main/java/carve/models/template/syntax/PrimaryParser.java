package carve.models.template.syntax;

import carve.models.template.syntax.Expression.Attribute;
import carve.models.template.syntax.Expression.DictOf;
import carve.models.template.syntax.Expression.Item;
import carve.models.template.syntax.Expression.ListOf;
import carve.models.template.syntax.Expression.Literal;
import carve.models.template.syntax.Expression.Name;
import carve.models.template.syntax.Expression.Pair;
import carve.models.template.syntax.Expression.Slice;
import carve.models.template.syntax.Expression.TupleOf;
import carve.models.template.value.BooleanValue;
import carve.models.template.value.FloatValue;
import carve.models.template.value.IntegerValue;
import carve.models.template.value.NoneValue;
import carve.models.template.value.Repr;
import carve.models.template.value.StringValue;
import carve.models.template.value.Value;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;

/** The grammar of names, literals, subscripts and arguments. */
final class PrimaryParser {
    private final TokenStream stream;
    private final ExpressionParser expressions;

    PrimaryParser(TokenStream stream, ExpressionParser expressions) {
        this.stream = stream;
        this.expressions = expressions;
    }

    Expression primary() {
        Token token = stream.current();
        return switch (token.kind()) {
            case NAME -> named(stream.next().text());
            case STRING -> new Literal(strings());
            case INTEGER -> new Literal(integer(stream.next()));
            case FLOAT ->
                new Literal(
                        new FloatValue(Double.parseDouble(stream.next().text().replace("_", ""))));
            case LEFT_PARENTHESIS -> {
                stream.next();
                Expression tuple = tuple(expressions::expression, "", true);
                stream.expect(TokenKind.RIGHT_PARENTHESIS);
                yield tuple;
            }
            case LEFT_BRACKET -> list();
            case LEFT_BRACE -> dict();
            default -> throw new SyntaxException(token.line(), "unexpected " + Repr.quoted(token.description()));
        };
    }

    private static Expression named(String name) {
        return switch (name) {
            case "true", "True" -> new Literal(BooleanValue.TRUE);
            case "false", "False" -> new Literal(BooleanValue.FALSE);
            case "none", "None" -> new Literal(NoneValue.NONE);
            default -> new Name(name);
        };
    }

    private Value strings() {
        StringBuilder text = new StringBuilder();
        while (stream.is(TokenKind.STRING)) {
            text.append(stream.next().text());
        }
        return StringValue.of(text.toString());
    }

    private static Value integer(Token token) {
        String text = token.text().replace("_", "").toLowerCase(Locale.ROOT);
        int radix = text.startsWith("0x") ? 16 : text.startsWith("0o") ? 8 : text.startsWith("0b") ? 2 : 10;
        if (text.length() > 4300) {
            throw new SyntaxException(token.line(), "LimitError", "an integer has more than 4300 digits");
        }
        return new IntegerValue(new BigInteger(radix == 10 ? text : text.substring(2), radix));
    }

    private Expression list() {
        stream.expect(TokenKind.LEFT_BRACKET);
        List<Expression> items = new ArrayList<>();
        while (!stream.is(TokenKind.RIGHT_BRACKET)) {
            if (!items.isEmpty()) {
                stream.expect(TokenKind.COMMA);
            }
            if (stream.is(TokenKind.RIGHT_BRACKET)) {
                break;
            }
            items.add(expressions.expression());
        }
        stream.expect(TokenKind.RIGHT_BRACKET);
        return new ListOf(List.copyOf(items));
    }

    private Expression dict() {
        stream.expect(TokenKind.LEFT_BRACE);
        List<Pair> items = new ArrayList<>();
        while (!stream.is(TokenKind.RIGHT_BRACE)) {
            if (!items.isEmpty()) {
                stream.expect(TokenKind.COMMA);
            }
            if (stream.is(TokenKind.RIGHT_BRACE)) {
                break;
            }
            Expression key = expressions.expression();
            stream.expect(TokenKind.COLON);
            items.add(new Pair(key, expressions.expression()));
        }
        stream.expect(TokenKind.RIGHT_BRACE);
        return new DictOf(List.copyOf(items));
    }

    Expression tuple(Supplier<Expression> part, String end, boolean mayBeEmpty) {
        List<Expression> items = new ArrayList<>();
        boolean several = false;
        while (true) {
            if (!items.isEmpty()) {
                stream.expect(TokenKind.COMMA);
            }
            if (endsTuple(end)) {
                break;
            }
            items.add(part.get());
            if (!stream.is(TokenKind.COMMA)) {
                break;
            }
            several = true;
        }
        if (!several && !items.isEmpty()) {
            return items.getFirst();
        }
        if (!several && !mayBeEmpty) {
            throw new SyntaxException(
                    stream.current().line(),
                    "Expected an expression, got "
                            + Repr.quoted(stream.current().description()));
        }
        return new TupleOf(List.copyOf(items));
    }

    private boolean endsTuple(String end) {
        return switch (stream.current().kind()) {
            case VARIABLE_END, BLOCK_END, RIGHT_PARENTHESIS -> true;
            default -> !end.isEmpty() && stream.isWord(end);
        };
    }

    Expression subscript(Expression object) {
        Token token = stream.next();
        if (token.kind() == TokenKind.DOT) {
            Token attribute = stream.next();
            return switch (attribute.kind()) {
                case NAME -> new Attribute(token.line(), object, attribute.text());
                case INTEGER -> new Item(token.line(), object, new Literal(integer(attribute)));
                default -> throw new SyntaxException(attribute.line(), "expected name or number");
            };
        }
        List<Expression> indices = new ArrayList<>();
        while (!stream.is(TokenKind.RIGHT_BRACKET)) {
            if (!indices.isEmpty()) {
                stream.expect(TokenKind.COMMA);
            }
            indices.add(index());
        }
        stream.expect(TokenKind.RIGHT_BRACKET);
        Expression index = indices.size() == 1 ? indices.getFirst() : new TupleOf(List.copyOf(indices));
        return new Item(token.line(), object, index);
    }

    private Expression index() {
        Expression start = ExpressionParser.none();
        if (!stream.is(TokenKind.COLON)) {
            start = expressions.expression();
            if (!stream.is(TokenKind.COLON)) {
                return start;
            }
        }
        stream.next();
        Expression stop = stream.is(TokenKind.COLON) ? ExpressionParser.none() : bound();
        Expression step = stream.skip(TokenKind.COLON) ? bound() : ExpressionParser.none();
        return new Slice(start, stop, step);
    }

    private Expression bound() {
        boolean absent = stream.is(TokenKind.RIGHT_BRACKET) || stream.is(TokenKind.COMMA);
        return absent ? ExpressionParser.none() : expressions.expression();
    }

    /** Reads arguments in parentheses. */
    CallArguments arguments() {
        int line = stream.expect(TokenKind.LEFT_PARENTHESIS).line();
        List<Expression> positional = new ArrayList<>();
        List<CallArguments.NamedArgument> named = new ArrayList<>();
        List<Expression> spread = new ArrayList<>();
        List<Expression> spreadNamed = new ArrayList<>();
        boolean first = true;
        while (!stream.is(TokenKind.RIGHT_PARENTHESIS)) {
            if (!first) {
                stream.expect(TokenKind.COMMA);
                if (stream.is(TokenKind.RIGHT_PARENTHESIS)) {
                    break;
                }
            }
            first = false;
            if (stream.skip(TokenKind.TIMES)) {
                require(spread.isEmpty() && spreadNamed.isEmpty(), line);
                spread.add(expressions.expression());
            } else if (stream.skip(TokenKind.POWER)) {
                require(spreadNamed.isEmpty(), line);
                spreadNamed.add(expressions.expression());
            } else if (stream.is(TokenKind.NAME) && stream.look().kind() == TokenKind.ASSIGN) {
                require(spreadNamed.isEmpty(), line);
                String name = stream.next().text();
                stream.next();
                if (named.stream().anyMatch(other -> other.name().equals(name))) {
                    throw new SyntaxException(line, "SyntaxError", "keyword argument repeated: " + name);
                }
                named.add(new CallArguments.NamedArgument(name, expressions.expression()));
            } else {
                require(spread.isEmpty() && spreadNamed.isEmpty() && named.isEmpty(), line);
                positional.add(expressions.expression());
            }
        }
        stream.expect(TokenKind.RIGHT_PARENTHESIS);
        return new CallArguments(positional, named, spread, spreadNamed);
    }

    private static void require(boolean valid, int line) {
        if (!valid) {
            throw new SyntaxException(line, "invalid syntax for function call expression");
        }
    }
}
