package carve.models.template.value;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Python's {@code object[index]}. */
public final class Subscript {
    private Subscript() {}

    /**
     * Returns the item of an index or a key, or empty where Python raises a {@code TypeError} or a {@code LookupError}.
     *
     * @throws PythonException if the object is undefined
     */
    public static Optional<Value> item(Value object, Value index) {
        return switch (object) {
            case DictValue dict -> isHashable(index) ? dict.value(index) : Optional.empty();
            case SequenceValue sequence -> at(sequence.items(), index);
            case StringValue s -> {
                int count = Characters.count(s.text());
                OptionalInt at = position(index, count);
                yield at.isPresent() ? Optional.of(character(s, at.getAsInt(), count)) : Optional.empty();
            }
            case UndefinedValue undefined -> throw undefined.failure();
            default -> Optional.empty();
        };
    }

    private static boolean isHashable(Value key) {
        try {
            HashKey.of(key);
            return true;
        } catch (PythonException e) {
            return false;
        }
    }

    private static Optional<Value> at(List<Value> items, Value index) {
        OptionalInt at = position(index, items.size());
        return at.isPresent() ? Optional.of(items.get(at.getAsInt())) : Optional.empty();
    }

    private static OptionalInt position(Value index, int count) {
        OptionalInt small = Numbers.small(index);
        if (small.isEmpty()) {
            return OptionalInt.empty();
        }
        long at = small.getAsInt() < 0 ? (long) small.getAsInt() + count : small.getAsInt();
        return at >= 0 && at < count ? OptionalInt.of((int) at) : OptionalInt.empty();
    }

    private static Value character(StringValue s, int at, int count) {
        int start = count == s.text().length() ? at : s.text().offsetByCodePoints(0, at);
        return s.with(Character.toString(s.text().codePointAt(start)));
    }

    /**
     * Returns {@code object[start:stop:step]}.
     *
     * @throws PythonException if the object has no slices, or they are not of integers
     */
    public static Value slice(Value object, SliceValue slice, Budget budget) {
        return switch (object) {
            case StringValue s -> text(s, slice, budget);
            case RangeValue range -> RangeSlice.of(range, Bounds.of(slice, range.count()));
            case SequenceValue sequence -> {
                Bounds bounds = Bounds.of(slice, sequence.items().size());
                budget.list(bounds.count());
                yield sequence.with(picked(sequence.items(), bounds));
            }
            case UndefinedValue undefined -> throw undefined.failure();
            case DictValue dict -> throw PythonException.type("unhashable type: 'slice'");
            default -> throw PythonException.type("'%s' object is not subscriptable".formatted(object.typeName()));
        };
    }

    private static Value text(StringValue s, SliceValue slice, Budget budget) {
        int count = Characters.count(s.text());
        Bounds bounds = Bounds.of(slice, count);
        budget.text(s.text().length());
        if (bounds.step() == 1) {
            int start = s.text().offsetByCodePoints(0, bounds.start());
            return s.with(s.text().substring(start, s.text().offsetByCodePoints(start, bounds.count())));
        }
        int[] points = s.text().codePoints().toArray();
        StringBuilder picked = new StringBuilder();
        for (int i = 0; i < bounds.count(); i++) {
            picked.appendCodePoint(points[bounds.at(i)]);
        }
        return s.with(picked.toString());
    }

    private static List<Value> picked(List<Value> items, Bounds bounds) {
        List<Value> picked = new ArrayList<>(bounds.count());
        for (int i = 0; i < bounds.count(); i++) {
            picked.add(items.get(bounds.at(i)));
        }
        return picked;
    }

    /** The indices of a slice of a sequence: start, start + step, and so on. */
    record Bounds(int start, int count, long step) {
        static Bounds of(SliceValue slice, int length) {
            long step = slice.step() == NoneValue.NONE ? 1 : index(slice.step());
            if (step == 0) {
                throw PythonException.value("slice step cannot be zero");
            }
            long first = step > 0 ? 0 : length - 1;
            long last = step > 0 ? length : -1;
            long start = bound(slice.start(), first, length, step);
            long stop = bound(slice.stop(), last, length, step);
            long span = step > 0 ? stop - start : start - stop;
            long stride = Math.abs(step);
            long count = span <= 0 ? 0 : (span - 1) / stride + 1;
            return new Bounds(count == 0 ? 0 : (int) start, (int) count, step);
        }

        private static long bound(Value value, long otherwise, int length, long step) {
            if (value == NoneValue.NONE) {
                return otherwise;
            }
            long at = index(value);
            at = at < 0 ? at + length : at;
            return step > 0 ? Math.clamp(at, 0, length) : Math.clamp(at, -1, length - 1);
        }

        private static long index(Value value) {
            if (!Numbers.isInteger(value)) {
                throw PythonException.type("slice indices must be integers or None or have an __index__ method");
            }
            BigInteger limit = BigInteger.ONE.shiftLeft(40);
            return Numbers.integer(value).max(limit.negate()).min(limit).longValue();
        }

        int at(int i) {
            return (int) (start + i * step);
        }
    }

    private static final class RangeSlice {
        private RangeSlice() {}

        static RangeValue of(RangeValue range, Bounds bounds) {
            long start = range.start() + bounds.start() * range.step();
            long step = range.step() * bounds.step();
            return new RangeValue(start, start + bounds.count() * step, step);
        }
    }
}
