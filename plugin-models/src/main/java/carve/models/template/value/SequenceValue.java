package carve.models.template.value;

import java.util.List;

/** A Python list, tuple or range. */
public sealed interface SequenceValue extends Value permits ListValue, TupleValue, RangeValue {

    /** Returns the items in order, unmodifiable. */
    List<Value> items();

    /** Returns a sequence of the same type with these items, which are of this one, some left out or repeated. */
    SequenceValue with(List<Value> other);

    @Override
    default boolean truth() {
        return !items().isEmpty();
    }
}
