package carve.models.template.value;

import java.math.BigDecimal;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalInt;

/** Python's {@code ==}, {@code <} and {@code in}. */
public final class Comparison {
    private Comparison() {}

    /**
     * Returns {@code left == right}.
     *
     * @throws PythonException if the two have too many items to compare
     */
    public static boolean equal(Value left, Value right, Budget budget) {
        Weight.charge(left, right, budget);
        return equal(left, right);
    }

    private static boolean equal(Value left, Value right) {
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            return equalNumbers(left, right);
        }
        return switch (left) {
            case StringValue s -> right instanceof StringValue t && s.text().equals(t.text());
            case ListValue list -> right instanceof ListValue other && equal(list.items(), other.items());
            case TupleValue tuple -> right instanceof TupleValue other && equal(tuple.items(), other.items());
            case RangeValue range -> right instanceof RangeValue other && equal(range.items(), other.items());
            case DictValue dict -> right instanceof DictValue other && equalDicts(dict, other);
            case DictView view -> right instanceof DictView other && equalViews(view, other);
            case UndefinedValue undefined -> right instanceof UndefinedValue;
            default -> left.equals(right);
        };
    }

    private static boolean equalNumbers(Value left, Value right) {
        OptionalInt order = compareNumbers(left, right);
        return order.isPresent() && order.getAsInt() == 0;
    }

    private static boolean equal(List<Value> left, List<Value> right) {
        if (left.size() != right.size()) {
            return false;
        }
        Iterator<Value> others = right.iterator();
        return left.stream().allMatch(item -> same(item, others.next()));
    }

    // containers take an object for equal to itself, NaN too
    private static boolean same(Value left, Value right) {
        return left == right || equal(left, right);
    }

    private static boolean equalDicts(DictValue left, DictValue right) {
        return left.items().size() == right.items().size()
                && left.items().stream()
                        .allMatch(item -> right.value(item.key())
                                .filter(other -> same(item.value(), other))
                                .isPresent());
    }

    private static boolean equalViews(DictView left, DictView right) {
        return left.kind() == right.kind()
                && left.kind() != DictView.Kind.VALUES
                && left.items().size() == right.items().size()
                && left.items().stream().allMatch(item -> right.items().stream().anyMatch(other -> same(item, other)));
    }

    // empty if one of them is NaN
    private static OptionalInt compareNumbers(Value left, Value right) {
        if (Numbers.isInteger(left) && Numbers.isInteger(right)) {
            return OptionalInt.of(Numbers.integer(left).compareTo(Numbers.integer(right)));
        }
        if (isInfiniteOrNan(left) || isInfiniteOrNan(right)) {
            double a = finiteOrNot(left);
            double b = finiteOrNot(right);
            return Double.isNaN(a) || Double.isNaN(b) ? OptionalInt.empty() : OptionalInt.of(Double.compare(a, b));
        }
        return OptionalInt.of(exact(left).compareTo(exact(right)));
    }

    private static boolean isInfiniteOrNan(Value value) {
        return value instanceof FloatValue f && !Double.isFinite(f.value());
    }

    private static double finiteOrNot(Value value) {
        return value instanceof FloatValue f ? f.value() : 0;
    }

    private static BigDecimal exact(Value value) {
        return value instanceof FloatValue f ? new BigDecimal(f.value()) : new BigDecimal(Numbers.integer(value));
    }

    /**
     * Returns {@code left OPERATOR right}.
     *
     * @param operator one of {@code <}, {@code <=}, {@code >} and {@code >=}
     * @throws PythonException if the two have no order
     */
    public static boolean ordered(String operator, Value left, Value right, Budget budget) {
        Weight.charge(left, right, budget);
        return ordered(operator, left, right);
    }

    private static boolean ordered(String operator, Value left, Value right) {
        if (left instanceof UndefinedValue undefined) {
            throw undefined.failure();
        }
        if (right instanceof UndefinedValue undefined) {
            throw undefined.failure();
        }
        if (left instanceof ListValue a && right instanceof ListValue b) {
            return orderedItems(operator, a.items(), b.items());
        }
        if (left instanceof TupleValue a && right instanceof TupleValue b) {
            return orderedItems(operator, a.items(), b.items());
        }
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            OptionalInt order = compareNumbers(left, right);
            return order.isPresent() && holds(operator, order.getAsInt());
        }
        if (left instanceof StringValue a && right instanceof StringValue b) {
            return holds(operator, compareTexts(a.text(), b.text()));
        }
        throw PythonException.type("'%s' not supported between instances of '%s' and '%s'"
                .formatted(operator, left.typeName(), right.typeName()));
    }

    private static boolean holds(String operator, int order) {
        return switch (operator) {
            case "<" -> order < 0;
            case "<=" -> order <= 0;
            case ">" -> order > 0;
            default -> order >= 0;
        };
    }

    private static boolean orderedItems(String operator, List<Value> left, List<Value> right) {
        Iterator<Value> others = right.iterator();
        for (Value item : left) {
            if (!others.hasNext()) {
                break;
            }
            Value other = others.next();
            if (!same(item, other)) {
                return ordered(operator, item, other);
            }
        }
        return holds(operator, Integer.compare(left.size(), right.size()));
    }

    /** Returns the order of two texts by code points, which is not that of UTF-16. */
    static int compareTexts(String left, String right) {
        int length = Math.min(left.length(), right.length());
        for (int i = 0; i < length; i++) {
            if (left.charAt(i) != right.charAt(i)) {
                return Integer.compare(codePointAround(left, i), codePointAround(right, i));
            }
        }
        return Integer.compare(left.length(), right.length());
    }

    private static int codePointAround(String text, int i) {
        boolean second = i > 0 && Character.isSurrogatePair(text.charAt(i - 1), text.charAt(i));
        return text.codePointAt(second ? i - 1 : i);
    }

    /**
     * Returns {@code item in container}.
     *
     * @throws PythonException if the container can have no such item
     */
    public static boolean contains(Value container, Value item, Budget budget) {
        return switch (container) {
            case StringValue s -> {
                if (!(item instanceof StringValue part)) {
                    throw PythonException.type("'in <string>' requires string as left operand, not " + item.typeName());
                }
                budget.text(s.text().length());
                yield s.text().contains(part.text());
            }
            case DictValue dict -> dict.value(item).isPresent();
            case DictView view
            when view.kind() == DictView.Kind.KEYS -> view.dict().value(item).isPresent();
            default -> {
                if (!Iteration.isIterable(container)) {
                    throw PythonException.type("argument of type '%s' is not iterable".formatted(container.typeName()));
                }
                yield among(Iteration.over(container, budget), item, budget);
            }
        };
    }

    private static boolean among(Iterator<Value> items, Value item, Budget budget) {
        while (items.hasNext()) {
            budget.spend(1);
            Value next = items.next();
            Weight.charge(next, item, budget);
            if (same(next, item)) {
                return true;
            }
        }
        return false;
    }
}
