package carve.models.template.syntax;

import carve.models.template.syntax.Expression.Binary;
import carve.models.template.syntax.Expression.Call;
import carve.models.template.syntax.Expression.Compare;
import carve.models.template.syntax.Expression.Concat;
import carve.models.template.syntax.Expression.Conditional;
import carve.models.template.syntax.Expression.Filtered;
import carve.models.template.syntax.Expression.Literal;
import carve.models.template.syntax.Expression.Logical;
import carve.models.template.syntax.Expression.MissingElse;
import carve.models.template.syntax.Expression.Named;
import carve.models.template.syntax.Expression.Step;
import carve.models.template.syntax.Expression.Tested;
import carve.models.template.syntax.Expression.Unary;
import carve.models.template.value.NoneValue;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** The grammar of expressions, by recursive descent, with the precedences of Jinja. */
final class ExpressionParser {
    private static final Set<TokenKind> COMPARISONS = EnumSet.of(
            TokenKind.EQUAL,
            TokenKind.NOT_EQUAL,
            TokenKind.LESS,
            TokenKind.AT_MOST,
            TokenKind.GREATER,
            TokenKind.AT_LEAST);
    private static final Set<TokenKind> SUMS = EnumSet.of(TokenKind.PLUS, TokenKind.MINUS);
    private static final Set<TokenKind> PRODUCTS =
            EnumSet.of(TokenKind.TIMES, TokenKind.DIVIDE, TokenKind.FLOOR_DIVIDE, TokenKind.MODULO);
    private static final Set<TokenKind> POWERS = EnumSet.of(TokenKind.POWER);
    private static final Set<TokenKind> POSTFIXES =
            EnumSet.of(TokenKind.DOT, TokenKind.LEFT_BRACKET, TokenKind.LEFT_PARENTHESIS);
    private static final Set<TokenKind> TEST_ARGUMENTS = EnumSet.of(
            TokenKind.NAME,
            TokenKind.STRING,
            TokenKind.INTEGER,
            TokenKind.FLOAT,
            TokenKind.LEFT_BRACKET,
            TokenKind.LEFT_BRACE);

    private final TokenStream stream;
    private final PrimaryParser primaries;

    ExpressionParser(TokenStream stream) {
        this.stream = stream;
        this.primaries = new PrimaryParser(stream, this);
    }

    Expression expression() {
        stream.enter();
        int line = stream.current().line();
        Expression value = withoutCondition();
        int levels = 1;
        while (stream.skipWord("if")) {
            stream.enter();
            levels++;
            Expression test = withoutCondition();
            Expression otherwise = stream.skipWord("else") ? expression() : new MissingElse(line);
            value = new Conditional(test, value, otherwise);
            line = stream.current().line();
        }
        stream.leave(levels);
        return value;
    }

    Expression withoutCondition() {
        Expression left = and();
        int levels = 0;
        for (; stream.skipWord("or"); levels++) {
            stream.enter();
            left = new Logical(false, left, and());
        }
        stream.leave(levels);
        return left;
    }

    private Expression and() {
        Expression left = not();
        int levels = 0;
        for (; stream.skipWord("and"); levels++) {
            stream.enter();
            left = new Logical(true, left, not());
        }
        stream.leave(levels);
        return left;
    }

    private Expression not() {
        if (!stream.skipWord("not")) {
            return comparison();
        }
        stream.enter();
        Expression negated = new Unary("not", not());
        stream.leave();
        return negated;
    }

    private Expression comparison() {
        Expression first = sum();
        List<Step> steps = new ArrayList<>();
        while (true) {
            if (COMPARISONS.contains(stream.current().kind())) {
                String operator = stream.next().text();
                steps.add(new Step(operator, sum()));
            } else if (stream.skipWord("in")) {
                steps.add(new Step("in", sum()));
            } else if (stream.isWord("not") && stream.look().isWord("in")) {
                stream.next();
                stream.next();
                steps.add(new Step("not in", sum()));
            } else {
                return steps.isEmpty() ? first : new Compare(first, List.copyOf(steps));
            }
        }
    }

    private Expression sum() {
        return leftToRight(SUMS, this::concat);
    }

    private Expression concat() {
        List<Expression> parts = new ArrayList<>(List.of(product()));
        while (stream.skip(TokenKind.TILDE)) {
            parts.add(product());
        }
        return parts.size() == 1 ? parts.getFirst() : new Concat(List.copyOf(parts));
    }

    private Expression product() {
        return leftToRight(PRODUCTS, () -> leftToRight(POWERS, () -> unary(true)));
    }

    private Expression leftToRight(Set<TokenKind> operators, Supplier<Expression> operand) {
        Expression left = operand.get();
        int levels = 0;
        for (; operators.contains(stream.current().kind()); levels++) {
            stream.enter();
            TokenKind operator = stream.next().kind();
            left = new Binary(operator, left, operand.get());
        }
        stream.leave(levels);
        return left;
    }

    private Expression unary(boolean withFilters) {
        stream.enter();
        Expression value;
        if (stream.skip(TokenKind.MINUS)) {
            value = new Unary("-", unary(false));
        } else if (stream.skip(TokenKind.PLUS)) {
            value = new Unary("+", unary(false));
        } else {
            value = primaries.primary();
        }
        value = postfix(value);
        value = withFilters ? filtered(value) : value;
        stream.leave();
        return value;
    }

    Expression postfix(Expression start) {
        Expression value = start;
        int levels = 0;
        for (; POSTFIXES.contains(stream.current().kind()); levels++) {
            stream.enter();
            value = stream.is(TokenKind.LEFT_PARENTHESIS) ? call(value) : primaries.subscript(value);
        }
        stream.leave(levels);
        return value;
    }

    private Call call(Expression function) {
        int line = stream.current().line();
        return new Call(line, function, primaries.arguments());
    }

    private Expression filtered(Expression start) {
        Expression value = start;
        for (int levels = 0; ; levels++) {
            stream.enter();
            if (stream.skip(TokenKind.PIPE)) {
                value = new Filtered(value, filter());
            } else if (stream.isWord("is")) {
                value = test(value);
            } else if (stream.is(TokenKind.LEFT_PARENTHESIS)) {
                value = call(value);
            } else {
                stream.leave(levels + 1);
                return value;
            }
        }
    }

    /** Reads a filter's name and arguments. */
    Named filter() {
        int line = stream.current().line();
        String name = dotted();
        boolean called = stream.is(TokenKind.LEFT_PARENTHESIS);
        return new Named(line, name, called ? primaries.arguments() : CallArguments.NONE);
    }

    private String dotted() {
        StringBuilder name = new StringBuilder(stream.expect(TokenKind.NAME).text());
        while (stream.skip(TokenKind.DOT)) {
            name.append('.').append(stream.expect(TokenKind.NAME).text());
        }
        return name.toString();
    }

    private Expression test(Expression subject) {
        int line = stream.next().line();
        boolean negated = stream.skipWord("not");
        String name = dotted();
        Expression tested = new Tested(subject, new Named(line, name, testArguments()));
        return negated ? new Unary("not", tested) : tested;
    }

    private CallArguments testArguments() {
        if (stream.is(TokenKind.LEFT_PARENTHESIS)) {
            return primaries.arguments();
        }
        boolean ends = stream.isWord("else") || stream.isWord("or") || stream.isWord("and");
        if (!TEST_ARGUMENTS.contains(stream.current().kind()) || ends) {
            return CallArguments.NONE;
        }
        if (stream.isWord("is")) {
            throw new SyntaxException(stream.current().line(), "You cannot chain multiple tests with is");
        }
        return CallArguments.of(postfix(primaries.primary()));
    }

    /**
     * Reads expressions that commas separate: a tuple, or the only one.
     *
     * @param conditional whether they may be conditional
     * @param end a word at which they end; empty for none
     */
    Expression tuple(boolean conditional, String end) {
        return primaries.tuple(conditional ? this::expression : this::withoutCondition, end, false);
    }

    static Literal none() {
        return new Literal(NoneValue.NONE);
    }
}
