package carve.models.template.value;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;

/** Python's iteration and length. */
public final class Iteration {
    private Iteration() {}

    /**
     * Returns the items of a value one by one.
     *
     * @throws PythonException if the value cannot be iterated
     */
    public static Iterator<Value> over(Value value, Budget budget) {
        return switch (value) {
            case SequenceValue sequence -> sequence.items().iterator();
            case StringValue s -> {
                budget.list(s.text().length());
                yield Characters.split(s.text()).iterator();
            }
            case DictValue dict -> {
                budget.spend(dict.items().size());
                yield dict.keys().iterator();
            }
            case DictView view -> {
                budget.spend(view.dict().items().size());
                yield view.items().iterator();
            }
            case IteratorValue iterator -> iterator.items();
            case UndefinedValue undefined -> Collections.emptyIterator();
            default -> throw PythonException.type("'%s' object is not iterable".formatted(value.typeName()));
        };
    }

    /** Returns whether a value can be iterated. */
    public static boolean isIterable(Value value) {
        return switch (value) {
            case SequenceValue s -> true;
            case StringValue s -> true;
            case DictValue s -> true;
            case DictView s -> true;
            case IteratorValue s -> true;
            case UndefinedValue s -> true;
            default -> false;
        };
    }

    /**
     * Returns all items of a value.
     *
     * @throws PythonException if the value cannot be iterated, or there are too many
     */
    public static List<Value> list(Value value, Budget budget) {
        Iterator<Value> items = over(value, budget);
        List<Value> all = new ArrayList<>();
        while (items.hasNext()) {
            budget.spend(1);
            all.add(items.next());
        }
        return all;
    }

    /**
     * Returns {@code len(value)}.
     *
     * @throws PythonException if the value has no length
     */
    public static int length(Value value) {
        return switch (value) {
            case StringValue s -> Characters.count(s.text());
            case SequenceValue sequence -> sequence.items().size();
            case DictValue dict -> dict.items().size();
            case DictView view -> view.dict().items().size();
            case UndefinedValue undefined -> 0;
            default -> throw PythonException.type("object of type '%s' has no len()".formatted(value.typeName()));
        };
    }

    /** Returns whether a value has a length. */
    public static boolean hasLength(Value value) {
        return isIterable(value) && !(value instanceof IteratorValue);
    }
}
