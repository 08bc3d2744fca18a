package carve.models.template.value;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/** Python's {@code sorted}. */
public final class Sorting {
    private Sorting() {}

    /**
     * Returns the order of two values.
     *
     * @throws PythonException if they have none
     */
    public static int compare(Value left, Value right, Budget budget) {
        return Comparison.ordered("<", left, right, budget) ? -1 : Comparison.ordered("<", right, left, budget) ? 1 : 0;
    }

    /**
     * Returns the items in the order of their keys; those of equal keys stay as they were.
     *
     * @throws PythonException if two keys have no order
     */
    public static <T> List<T> sorted(List<T> items, Function<T, Value> key, boolean reverse, Budget budget) {
        List<Keyed<T>> keyed = new ArrayList<>(
                items.stream().map(item -> new Keyed<>(key.apply(item), item)).toList());
        Comparator<Keyed<T>> order = (a, b) -> {
            budget.spend(1);
            return compare(a.key(), b.key(), budget);
        };
        try {
            // as CPython does it, so that equal ones keep their order
            List<Keyed<T>> inOrder = reverse ? keyed.reversed() : keyed;
            inOrder.sort(order);
        } catch (IllegalArgumentException e) {
            throw PythonException.unsupported("sorting values whose order is not total, such as NaN");
        }
        return keyed.stream().map(Keyed::item).toList();
    }

    private record Keyed<T>(Value key, T item) {}

    /** Returns the items in reverse. */
    public static List<Value> reversed(List<Value> items) {
        List<Value> reversed = new ArrayList<>(items);
        Collections.reverse(reversed);
        return reversed;
    }
}
