package carve.models.template.value;

import java.util.List;

/**
 * A Python {@code list}.
 *
 * @param items the items in order
 * @param nesting how deep containers are nested in it, itself counted
 */
public record ListValue(List<Value> items, int nesting) implements SequenceValue {
    /** Copies the items. */
    public ListValue {
        items = List.copyOf(items);
    }

    /**
     * Returns a list of these items.
     *
     * @throws PythonException if containers are nested too deep in it
     */
    public static ListValue of(List<? extends Value> items) {
        return new ListValue(List.copyOf(items), Nesting.around(items));
    }

    /** Returns a list of these items. */
    public static ListValue of(Value... items) {
        return of(List.of(items));
    }

    @Override
    public ListValue with(List<Value> other) {
        return of(other);
    }

    @Override
    public String typeName() {
        return "list";
    }
}
