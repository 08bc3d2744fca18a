package carve.models.template.render;

import carve.models.template.value.Arguments;
import carve.models.template.value.BooleanValue;
import carve.models.template.value.CallableValue;
import carve.models.template.value.Comparison;
import carve.models.template.value.FunctionValue;
import carve.models.template.value.IntegerValue;
import carve.models.template.value.PythonException;
import carve.models.template.value.TupleValue;
import carve.models.template.value.UndefinedValue;
import carve.models.template.value.Value;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;

/** The variable {@code loop} of a loop. */
final class LoopValue implements CallableValue {
    private final LoopItems items;
    private final Optional<BiFunction<Value, Integer, Value>> recursion;
    private final int depth;
    private int index = -1;
    private Optional<Value> previous = Optional.empty();
    private Optional<Value> current = Optional.empty();
    private Optional<Value> lastChanged = Optional.empty();

    /**
     * Makes the variable.
     *
     * @param items what the loop is over
     * @param recursion what renders the loop again over other items, at a depth; empty if the loop is not recursive
     * @param depth how often the loop is within itself, from 0
     */
    LoopValue(LoopItems items, Optional<BiFunction<Value, Integer, Value>> recursion, int depth) {
        this.items = items;
        this.recursion = recursion;
        this.depth = depth;
    }

    /** Goes to the next item and returns it. */
    Value next() {
        previous = current;
        Value item = items.take();
        current = Optional.of(item);
        index++;
        return item;
    }

    @Override
    public Optional<Value> attribute(String name) {
        return switch (name) {
            case "index" -> integer(index + 1);
            case "index0" -> integer(index);
            case "revindex" -> integer(items.length() - index);
            case "revindex0" -> integer(items.length() - index - 1);
            case "length" -> integer(items.length());
            case "depth" -> integer(depth + 1);
            case "depth0" -> integer(depth);
            case "first" -> Optional.of(BooleanValue.of(index == 0));
            case "last" -> Optional.of(BooleanValue.of(items.peek().isEmpty()));
            case "previtem" -> Optional.of(previous.orElse(UndefinedValue.because("there is no previous item")));
            case "nextitem" -> Optional.of(items.peek().orElse(UndefinedValue.because("there is no next item")));
            case "cycle" ->
                Optional.of(FunctionValue.method("LoopContext", name, arguments -> cycled(arguments.positional())));
            case "changed" ->
                Optional.of(FunctionValue.method("LoopContext", name, arguments -> changed(arguments.positional())));
            default -> Optional.empty();
        };
    }

    private static Optional<Value> integer(int value) {
        return Optional.of(IntegerValue.of(value));
    }

    private Value cycled(List<Value> values) {
        if (values.isEmpty()) {
            throw PythonException.type("no items for cycling given");
        }
        return values.get(index % values.size());
    }

    private Value changed(List<Value> values) {
        Value now = TupleValue.of(values);
        boolean changed = lastChanged
                .filter(last -> Comparison.equal(last, now, items.budget()))
                .isEmpty();
        lastChanged = Optional.of(now);
        return BooleanValue.of(changed);
    }

    @Override
    public Value call(Arguments arguments) {
        if (recursion.isEmpty()) {
            throw PythonException.type("The loop must have the 'recursive' marker to be called recursively.");
        }
        if (arguments.positional().size() != 1 || !arguments.named().isEmpty()) {
            throw PythonException.type("LoopContext.__call__() takes 2 positional arguments but %d were given"
                    .formatted(1 + arguments.positional().size()));
        }
        return recursion.get().apply(arguments.positional().getFirst(), depth + 1);
    }

    @Override
    public String typeName() {
        return "LoopContext";
    }

    @Override
    public String qualifiedTypeName() {
        return "jinja2.runtime.LoopContext";
    }

    @Override
    public String repr() {
        return "<LoopContext %d/%d>".formatted(index + 1, items.length());
    }
}
