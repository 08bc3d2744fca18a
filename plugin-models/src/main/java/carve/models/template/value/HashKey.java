package carve.models.template.value;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** Java objects that are equal and hash alike where Python's values do: 1, 1.0 and True are one key. */
public final class HashKey {
    private static final int MAX_SIZE = 1000;

    private HashKey() {}

    private record Text(String text) {}

    private record Items(List<Object> items) {}

    /**
     * Returns the key of a value.
     *
     * @throws PythonException if the value cannot be hashed
     */
    public static Object of(Value value) {
        return switch (value) {
            case NoneValue none -> none;
            case BooleanValue b -> Numbers.integer(b);
            case IntegerValue i -> i.value();
            case FloatValue f -> ofDouble(f.value());
            case StringValue s -> new Text(s.text());
            case TupleValue tuple -> ofTuple(tuple);
            case RangeValue range -> range;
            case UndefinedValue undefined -> UndefinedValue.class;
            case IteratorValue iterator -> iterator;
            case ObjectValue object -> object;
            case ListValue list -> throw unhashable(list);
            case DictValue dict -> throw unhashable(dict);
            case SliceValue slice -> throw unhashable(slice);
            case DictView view -> {
                if (view.kind() == DictView.Kind.VALUES) {
                    yield view;
                }
                throw unhashable(view);
            }
        };
    }

    private static Object ofDouble(double value) {
        boolean whole = Double.isFinite(value) && value == Math.rint(value);
        return whole ? new BigDecimal(value).toBigIntegerExact() : (Object) value;
    }

    private static Object ofTuple(TupleValue tuple) {
        if (size(tuple) > MAX_SIZE) {
            throw PythonException.limit("a key of a dict is a tuple of more than %d items".formatted(MAX_SIZE));
        }
        List<Object> keys = new ArrayList<>();
        tuple.items().forEach(item -> keys.add(of(item)));
        return new Items(keys);
    }

    // counts no further than it needs to
    private static int size(TupleValue tuple) {
        int size = tuple.items().size();
        for (Value item : tuple.items()) {
            if (size > MAX_SIZE) {
                break;
            }
            size += item instanceof TupleValue inner ? size(inner) : 0;
        }
        return size;
    }

    private static PythonException unhashable(Value value) {
        return PythonException.type("unhashable type: '" + value.typeName() + "'");
    }
}
