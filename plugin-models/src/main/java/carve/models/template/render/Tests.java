package carve.models.template.render;

import carve.models.template.value.Arguments;
import carve.models.template.value.Arithmetic;
import carve.models.template.value.Attributes;
import carve.models.template.value.BooleanValue;
import carve.models.template.value.Budget;
import carve.models.template.value.CallableValue;
import carve.models.template.value.Comparison;
import carve.models.template.value.DictValue;
import carve.models.template.value.DictView;
import carve.models.template.value.FloatValue;
import carve.models.template.value.FunctionValue;
import carve.models.template.value.IntegerValue;
import carve.models.template.value.Iteration;
import carve.models.template.value.NoneValue;
import carve.models.template.value.Numbers;
import carve.models.template.value.PythonException;
import carve.models.template.value.Repr;
import carve.models.template.value.StringValue;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The tests of Jinja. */
final class Tests {
    private static final Set<String> UNARY = Set.of(
            "odd",
            "even",
            "defined",
            "undefined",
            "filter",
            "test",
            "none",
            "boolean",
            "false",
            "true",
            "integer",
            "float",
            "lower",
            "upper",
            "string",
            "mapping",
            "number",
            "sequence",
            "iterable",
            "callable",
            "escaped");
    private static final Map<String, String> COMPARISONS = Map.ofEntries(
            Map.entry("==", "=="),
            Map.entry("eq", "=="),
            Map.entry("equalto", "=="),
            Map.entry("!=", "!="),
            Map.entry("ne", "!="),
            Map.entry(">", ">"),
            Map.entry("gt", ">"),
            Map.entry("greaterthan", ">"),
            Map.entry(">=", ">="),
            Map.entry("ge", ">="),
            Map.entry("<", "<"),
            Map.entry("lt", "<"),
            Map.entry("lessthan", "<"),
            Map.entry("<=", "<="),
            Map.entry("le", "<="));
    private static final Set<String> OTHERS = Set.of("divisibleby", "sameas", "in");
    private static final long MAX_SHARED_INTEGER = 256;

    private final Budget budget;
    private final Arithmetic arithmetic;

    Tests(Budget budget) {
        this.budget = budget;
        this.arithmetic = new Arithmetic(budget);
    }

    /** Returns whether there is a test of this name. */
    static boolean exists(String name) {
        return UNARY.contains(name) || COMPARISONS.containsKey(name) || OTHERS.contains(name);
    }

    /** Returns the result of a test that a template names. */
    boolean used(String name, Value subject, Arguments arguments) {
        return apply(name, subject, arguments, "No test named %s found.");
    }

    /** Returns the result of a test whose name is an argument of a filter. */
    boolean called(String name, Value subject, Arguments arguments) {
        return apply(name, subject, arguments, "No test named %s.");
    }

    private boolean apply(String name, Value subject, Arguments arguments, String problem) {
        if (!exists(name)) {
            throw new PythonException("TemplateRuntimeError", problem.formatted(Repr.quoted(name)));
        }
        List<Value> all = Filter.arguments(subject, arguments).positional();
        int expected = UNARY.contains(name) ? 1 : 2;
        if (all.size() != expected || !arguments.named().isEmpty()) {
            throw PythonException.type("the test %s takes %d positional argument%s but %d were given"
                    .formatted(
                            Repr.quoted(name),
                            expected,
                            expected == 1 ? "" : "s",
                            all.size() + arguments.named().size()));
        }
        return expected == 1 ? unary(name, subject) : binary(name, subject, all.get(1));
    }

    private boolean unary(String name, Value value) {
        return switch (name) {
            case "odd" -> Comparison.equal(modulo(value, IntegerValue.of(2)), IntegerValue.of(1), budget);
            case "even" -> Comparison.equal(modulo(value, IntegerValue.of(2)), IntegerValue.of(0), budget);
            case "defined" -> !(value instanceof UndefinedValue);
            case "undefined" -> value instanceof UndefinedValue;
            case "filter" -> value instanceof StringValue s && Filters.exists(s.text());
            case "test" -> value instanceof StringValue s && exists(s.text());
            case "none" -> value == NoneValue.NONE;
            case "boolean" -> value instanceof BooleanValue;
            case "false" -> value == BooleanValue.FALSE;
            case "true" -> value == BooleanValue.TRUE;
            case "integer" -> value instanceof IntegerValue;
            case "float" -> value instanceof FloatValue;
            case "lower", "upper" -> cased(name, value);
            case "string" -> value instanceof StringValue;
            case "mapping" -> value instanceof DictValue;
            case "number" -> Numbers.isNumber(value);
            case "sequence" -> Iteration.hasLength(value) && !(value instanceof DictView);
            case "iterable" -> Iteration.isIterable(value) || value instanceof LoopValue;
            case "callable" -> value instanceof CallableValue || value instanceof UndefinedValue;
            default -> value instanceof StringValue s && s.markup();
        };
    }

    private boolean cased(String name, Value value) {
        StringValue text = StringValue.of(Repr.str(value, budget));
        FunctionValue method = (FunctionValue) new Attributes(budget).attribute(text, "is" + name);
        return method.call(Arguments.NONE).truth();
    }

    private Value modulo(Value value, Value divisor) {
        return arithmetic.modulo(value, divisor);
    }

    private boolean binary(String name, Value value, Value other) {
        return switch (name) {
            case "divisibleby" -> Comparison.equal(modulo(value, other), IntegerValue.of(0), budget);
            case "sameas" -> same(value, other);
            case "in" -> Comparison.contains(other, value, budget);
            default -> compared(COMPARISONS.get(name), value, other);
        };
    }

    private boolean compared(String operator, Value value, Value other) {
        return switch (operator) {
            case "==" -> Comparison.equal(value, other, budget);
            case "!=" -> !Comparison.equal(value, other, budget);
            default -> Comparison.ordered(operator, value, other, budget);
        };
    }

    // CPython shares small integers and the strings of a template
    private boolean same(Value value, Value other) {
        boolean shared = value instanceof StringValue && other instanceof StringValue
                || value instanceof IntegerValue i
                        && other instanceof IntegerValue
                        && i.value().abs().longValue() <= MAX_SHARED_INTEGER;
        return value == other || shared && Comparison.equal(value, other, budget);
    }
}
