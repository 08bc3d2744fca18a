package carve.models.template.render;

import carve.models.template.syntax.CallArguments;
import carve.models.template.syntax.Expression;
import carve.models.template.syntax.TokenKind;
import carve.models.template.value.Arguments;
import carve.models.template.value.Arithmetic;
import carve.models.template.value.Attributes;
import carve.models.template.value.BooleanValue;
import carve.models.template.value.Budget;
import carve.models.template.value.CallableValue;
import carve.models.template.value.Comparison;
import carve.models.template.value.DictValue;
import carve.models.template.value.Iteration;
import carve.models.template.value.Joining;
import carve.models.template.value.ListValue;
import carve.models.template.value.PythonException;
import carve.models.template.value.Repr;
import carve.models.template.value.SliceValue;
import carve.models.template.value.StringValue;
import carve.models.template.value.Subscript;
import carve.models.template.value.TupleValue;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The evaluation of expressions. */
final class Evaluator {
    private final Budget budget;
    private final Arithmetic arithmetic;
    private final Attributes attributes;
    private final Filters filters;
    private final Tests tests;
    private int line;

    Evaluator(Budget budget, Attributes attributes, Filters filters, Tests tests) {
        this.budget = budget;
        this.arithmetic = new Arithmetic(budget);
        this.attributes = attributes;
        this.filters = filters;
        this.tests = tests;
    }

    /** Returns the line that is being rendered, from 1. */
    int line() {
        return line;
    }

    /** Says which line is being rendered. */
    void at(int current) {
        this.line = current;
    }

    Value value(Expression expression, Scope scope) {
        budget.enter();
        Value value = evaluated(expression, scope);
        budget.leave();
        return value;
    }

    private Value evaluated(Expression expression, Scope scope) {
        return switch (expression) {
            case Expression.Literal e -> e.value();
            case Expression.Name e -> scope.variable(e.name());
            case Expression.ListOf e -> ListValue.of(values(e.items(), scope));
            case Expression.TupleOf e -> TupleValue.of(values(e.items(), scope));
            case Expression.DictOf e -> dict(e, scope);
            case Expression.Unary e -> unary(e.operator(), value(e.operand(), scope));
            case Expression.Binary e -> binary(e.operator(), value(e.left(), scope), value(e.right(), scope));
            case Expression.Logical e -> {
                Value left = value(e.left(), scope);
                yield left.truth() == e.and() ? value(e.right(), scope) : left;
            }
            case Expression.Compare e -> BooleanValue.of(compared(e, scope));
            case Expression.Concat e -> concatenated(e.parts(), scope);
            case Expression.Conditional e -> value(value(e.test(), scope).truth() ? e.then() : e.otherwise(), scope);
            case Expression.MissingElse e ->
                UndefinedValue.because(
                        "the inline if-expression on line %d evaluated to false and no else section was defined."
                                .formatted(e.line()));
            case Expression.Attribute e -> {
                Value object = value(e.object(), scope);
                at(e.line());
                yield attributes.attribute(object, e.name());
            }
            case Expression.Item e -> item(e, scope);
            case Expression.Slice e ->
                new SliceValue(value(e.start(), scope), value(e.stop(), scope), value(e.step(), scope));
            case Expression.Call e -> call(e, Map.of(), scope);
            case Expression.Filtered e -> filtered(value(e.subject(), scope), e.filter(), scope);
            case Expression.Tested e -> {
                Value subject = value(e.subject(), scope);
                Arguments arguments = arguments(e.test().arguments(), scope);
                at(e.test().line());
                yield BooleanValue.of(tests.used(e.test().name(), subject, arguments));
            }
        };
    }

    Value filtered(Value subject, Expression.Named filter, Scope scope) {
        Arguments arguments = arguments(filter.arguments(), scope);
        at(filter.line());
        return filters.used(filter.name(), subject, arguments);
    }

    private List<Value> values(List<Expression> expressions, Scope scope) {
        List<Value> values = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            values.add(value(expression, scope));
        }
        return values;
    }

    private Value dict(Expression.DictOf dict, Scope scope) {
        List<DictValue.Item> items = new ArrayList<>();
        for (Expression.Pair pair : dict.items()) {
            items.add(new DictValue.Item(value(pair.key(), scope), value(pair.value(), scope)));
        }
        return DictValue.of(items);
    }

    private Value unary(String operator, Value operand) {
        return switch (operator) {
            case "not" -> BooleanValue.of(!operand.truth());
            case "-" -> arithmetic.negate(operand);
            default -> arithmetic.plus(operand);
        };
    }

    private Value binary(TokenKind operator, Value left, Value right) {
        return switch (operator) {
            case PLUS -> arithmetic.add(left, right);
            case MINUS -> arithmetic.subtract(left, right);
            case TIMES -> arithmetic.multiply(left, right);
            case DIVIDE -> arithmetic.divide(left, right);
            case FLOOR_DIVIDE -> arithmetic.floorDivide(left, right);
            case MODULO -> arithmetic.modulo(left, right);
            default -> arithmetic.power(left, right);
        };
    }

    private boolean compared(Expression.Compare compare, Scope scope) {
        Value left = value(compare.first(), scope);
        for (Expression.Step step : compare.steps()) {
            Value right = value(step.operand(), scope);
            if (!compared(step.operator(), left, right)) {
                return false;
            }
            left = right;
        }
        return true;
    }

    private boolean compared(String operator, Value left, Value right) {
        return switch (operator) {
            case "==" -> Comparison.equal(left, right, budget);
            case "!=" -> !Comparison.equal(left, right, budget);
            case "in" -> Comparison.contains(right, left, budget);
            case "not in" -> !Comparison.contains(right, left, budget);
            default -> Comparison.ordered(operator, left, right, budget);
        };
    }

    private Value concatenated(List<Expression> parts, Scope scope) {
        List<String> texts = new ArrayList<>(parts.size());
        for (Expression part : parts) {
            texts.add(Repr.str(value(part, scope), budget));
        }
        return StringValue.of(Joining.joined("", texts, budget));
    }

    private Value item(Expression.Item item, Scope scope) {
        Value object = value(item.object(), scope);
        Value index = value(item.index(), scope);
        at(item.line());
        boolean slice = item.index() instanceof Expression.Slice;
        return slice ? Subscript.slice(object, (SliceValue) index, budget) : attributes.item(object, index);
    }

    /** Returns the result of a call, with more named arguments than are written. */
    Value call(Expression.Call call, Map<String, Value> more, Scope scope) {
        Value function = value(call.function(), scope);
        Arguments arguments = arguments(call.arguments(), scope);
        for (Map.Entry<String, Value> entry : more.entrySet()) {
            arguments = arguments.with(entry.getKey(), entry.getValue());
        }
        at(call.line());
        return switch (function) {
            case UndefinedValue undefined -> throw undefined.failure();
            case CallableValue callable -> callable.call(arguments);
            default -> throw PythonException.type("'%s' object is not callable".formatted(function.typeName()));
        };
    }

    private Arguments arguments(CallArguments written, Scope scope) {
        if (written.equals(CallArguments.NONE)) {
            return Arguments.NONE;
        }
        List<Value> positional = values(written.positional(), scope);
        Map<String, Value> named = new LinkedHashMap<>();
        for (CallArguments.NamedArgument argument : written.named()) {
            named.put(argument.name(), value(argument.value(), scope));
        }
        for (Expression spread : written.spread()) {
            positional.addAll(spread(value(spread, scope)));
        }
        for (Expression spread : written.spreadNamed()) {
            spreadNamed(value(spread, scope), named);
        }
        return new Arguments(positional, named);
    }

    private List<Value> spread(Value value) {
        if (!Iteration.isIterable(value)) {
            throw PythonException.type("Value after * must be an iterable, not " + value.typeName());
        }
        return Iteration.list(value, budget);
    }

    private static void spreadNamed(Value value, Map<String, Value> named) {
        if (!(value instanceof DictValue dict)) {
            throw PythonException.type(
                    "jinja2.sandbox.SandboxedEnvironment.call() argument after ** must be a mapping, not "
                            + value.typeName());
        }
        for (DictValue.Item item : dict.items()) {
            if (!(item.key() instanceof StringValue name)) {
                throw PythonException.type("keywords must be strings");
            }
            if (named.put(name.text(), item.value()) != null) {
                throw PythonException.type("got multiple values for keyword argument '%s'".formatted(name.text()));
            }
        }
    }
}
