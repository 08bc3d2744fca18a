package carve.models.template.value;

import java.util.AbstractList;
import java.util.List;

/**
 * A Python {@code range}.
 *
 * @param start the first integer
 * @param stop the integer before which it ends
 * @param step the difference of neighbours, not 0
 */
public record RangeValue(long start, long stop, long step) implements SequenceValue {
    @Override
    public List<Value> items() {
        int count = count();
        return new AbstractList<>() {
            @Override
            public Value get(int index) {
                return IntegerValue.of(start + index * step);
            }

            @Override
            public int size() {
                return count;
            }
        };
    }

    /** Returns how many integers there are. */
    public int count() {
        long span = step > 0 ? stop - start : start - stop;
        long stride = Math.abs(step);
        return span <= 0 ? 0 : Math.toIntExact((span + stride - 1) / stride);
    }

    @Override
    public SequenceValue with(List<Value> other) {
        return ListValue.of(other);
    }

    @Override
    public String typeName() {
        return "range";
    }
}
