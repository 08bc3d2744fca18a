package carve.models.template.value;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Python's arithmetic operators. */
public final class Arithmetic {
    private final Budget budget;

    /** Makes the operators of a rendering. */
    public Arithmetic(Budget budget) {
        this.budget = budget;
    }

    /**
     * Returns {@code left + right}.
     *
     * @throws PythonException if the two cannot be added
     */
    public Value add(Value left, Value right) {
        requireDefined(left, right);
        if (Numbers.isInteger(left) && Numbers.isInteger(right)) {
            return integer(Numbers.integer(left).add(Numbers.integer(right)));
        }
        if (Numbers.isNumber(left) && Numbers.isNumber(right)) {
            return new FloatValue(Numbers.real(left) + Numbers.real(right));
        }
        return switch (left) {
            case StringValue a when right instanceof StringValue b -> concat(a, b);
            case ListValue a when right instanceof ListValue b -> ListValue.of(joined(a.items(), b.items()));
            case TupleValue a when right instanceof TupleValue b -> TupleValue.of(joined(a.items(), b.items()));
            case StringValue a when !a.markup() -> throw concatenation(left, right);
            case ListValue a -> throw concatenation(left, right);
            case TupleValue a -> throw concatenation(left, right);
            default -> throw unsupported("+", left, right);
        };
    }

    private StringValue concat(StringValue left, StringValue right) {
        boolean markup = left.markup() || right.markup();
        String before = markup ? Markup.escape(left) : left.text();
        String after = markup ? Markup.escape(right) : right.text();
        budget.text((long) before.length() + after.length());
        return new StringValue(before + after, markup);
    }

    private List<Value> joined(List<Value> left, List<Value> right) {
        budget.list((long) left.size() + right.size());
        List<Value> all = new ArrayList<>(left);
        all.addAll(right);
        return all;
    }

    /**
     * Returns {@code left - right}.
     *
     * @throws PythonException if the two are not numbers
     */
    public Value subtract(Value left, Value right) {
        requireNumbers("-", left, right);
        return Numbers.isInteger(left) && Numbers.isInteger(right)
                ? integer(Numbers.integer(left).subtract(Numbers.integer(right)))
                : new FloatValue(Numbers.real(left) - Numbers.real(right));
    }

    /**
     * Returns {@code left * right}.
     *
     * @throws PythonException if the two cannot be multiplied, or the product is too long
     */
    public Value multiply(Value left, Value right) {
        requireDefined(left, right);
        if (isRepeatable(left)) {
            return repeated(left, right);
        }
        if (isRepeatable(right)) {
            return repeated(right, left);
        }
        requireNumbers("*", left, right);
        if (Numbers.isInteger(left) && Numbers.isInteger(right)) {
            BigInteger a = Numbers.integer(left);
            BigInteger b = Numbers.integer(right);
            budget.integer((long) a.bitLength() + b.bitLength());
            return integer(a.multiply(b));
        }
        return new FloatValue(Numbers.real(left) * Numbers.real(right));
    }

    private static boolean isRepeatable(Value value) {
        return value instanceof StringValue || value instanceof ListValue || value instanceof TupleValue;
    }

    private Value repeated(Value sequence, Value times) {
        if (!Numbers.isInteger(times)) {
            throw PythonException.type("can't multiply sequence by non-int of type '%s'".formatted(times.typeName()));
        }
        long count = Math.max(0, Numbers.clampedLong(times));
        if (sequence instanceof StringValue s) {
            return s.with(new TextBuilder(budget).repeat(s.text(), count).toString());
        }
        SequenceValue items = (SequenceValue) sequence;
        if (items.items().isEmpty() || count == 0) {
            return items.with(List.of());
        }
        budget.list(Math.multiplyExact(items.items().size(), Math.min(count, Integer.MAX_VALUE)));
        List<Value> all = new ArrayList<>();
        Collections.nCopies((int) count, items.items()).forEach(all::addAll);
        return items.with(all);
    }

    /**
     * Returns {@code left / right}.
     *
     * @throws PythonException if the two are not numbers, or the second is zero
     */
    public Value divide(Value left, Value right) {
        requireNumbers("/", left, right);
        boolean whole = Numbers.isInteger(left) && Numbers.isInteger(right);
        if (!right.truth()) {
            throw zeroDivision(whole ? "division by zero" : "float division by zero");
        }
        if (!whole) {
            return new FloatValue(Numbers.real(left) / Numbers.real(right));
        }
        BigInteger a = Numbers.integer(left);
        BigInteger b = Numbers.integer(right);
        double quotient = a.bitLength() <= 53 && b.bitLength() <= 53
                ? a.doubleValue() / b.doubleValue()
                : new BigDecimal(a)
                        .divide(new BigDecimal(b), new MathContext(40))
                        .doubleValue();
        if (Double.isInfinite(quotient)) {
            throw new PythonException("OverflowError", "integer division result too large for a float");
        }
        return new FloatValue(quotient);
    }

    /**
     * Returns {@code left // right}.
     *
     * @throws PythonException if the two are not numbers, or the second is zero
     */
    public Value floorDivide(Value left, Value right) {
        requireNumbers("//", left, right);
        if (Numbers.isInteger(left) && Numbers.isInteger(right)) {
            requireNotZero(right, "integer division or modulo by zero");
            BigInteger[] parts = Numbers.integer(left).divideAndRemainder(Numbers.integer(right));
            boolean down = parts[1].signum() != 0
                    && parts[1].signum() != Numbers.integer(right).signum();
            return integer(down ? parts[0].subtract(BigInteger.ONE) : parts[0]);
        }
        requireNotZero(right, "float floor division by zero");
        double divisor = Numbers.real(right);
        double quotient = (Numbers.real(left) - floorModulo(Numbers.real(left), divisor)) / divisor;
        double floor = Math.floor(quotient);
        return new FloatValue(quotient - floor > 0.5 ? floor + 1 : floor);
    }

    /**
     * Returns {@code left % right}, which formats a string on its left.
     *
     * @throws PythonException if the two are not numbers, the second is zero, or the format does not fit
     */
    public Value modulo(Value left, Value right) {
        if (left instanceof StringValue format) {
            return new PercentFormat(budget).format(format, right);
        }
        requireNumbers("%", left, right);
        if (Numbers.isInteger(left) && Numbers.isInteger(right)) {
            requireNotZero(right, "integer modulo by zero");
            BigInteger divisor = Numbers.integer(right);
            BigInteger rest = Numbers.integer(left).mod(divisor.abs());
            return integer(divisor.signum() < 0 && rest.signum() != 0 ? rest.add(divisor) : rest);
        }
        requireNotZero(right, "float modulo");
        return new FloatValue(floorModulo(Numbers.real(left), Numbers.real(right)));
    }

    private static double floorModulo(double left, double right) {
        double rest = left % right;
        if (rest == 0) {
            return Math.copySign(0, right);
        }
        return (rest < 0) == (right < 0) ? rest : rest + right;
    }

    /**
     * Returns {@code left ** right}.
     *
     * @throws PythonException if the two are not numbers, or the power is too large or not real
     */
    public Value power(Value left, Value right) {
        requireNumbers("** or pow()", left, right);
        if (Numbers.isInteger(left)
                && Numbers.isInteger(right)
                && Numbers.integer(right).signum() >= 0) {
            return integerPower(Numbers.integer(left), Numbers.integer(right));
        }
        double base = Numbers.real(left);
        double exponent = Numbers.real(right);
        if (base == 0 && exponent < 0) {
            throw zeroDivision("0.0 cannot be raised to a negative power");
        }
        if (base < 0 && Double.isFinite(base) && exponent != Math.rint(exponent)) {
            throw PythonException.unsupported("a complex number");
        }
        double power = Math.pow(base, exponent);
        if (Double.isInfinite(power) && Double.isFinite(base) && Double.isFinite(exponent)) {
            throw new PythonException("OverflowError", "(34, 'Numerical result out of range')");
        }
        return new FloatValue(power);
    }

    private Value integerPower(BigInteger base, BigInteger exponent) {
        boolean small = base.abs().bitLength() <= 1;
        if (small) {
            return integer(exponent.testBit(0) || exponent.signum() == 0 ? base.pow(exponent.signum()) : base.abs());
        }
        budget.integer(Math.min(exponent.bitLength() > 31 ? Long.MAX_VALUE : exponent.longValue(), Integer.MAX_VALUE)
                * (long) base.bitLength());
        return integer(base.pow(exponent.intValueExact()));
    }

    /**
     * Returns {@code -value}.
     *
     * @throws PythonException if the value is not a number
     */
    public Value negate(Value value) {
        requireNumber("-", value);
        return value instanceof FloatValue f
                ? new FloatValue(-f.value())
                : integer(Numbers.integer(value).negate());
    }

    /**
     * Returns {@code +value}.
     *
     * @throws PythonException if the value is not a number
     */
    public Value plus(Value value) {
        requireNumber("+", value);
        return value instanceof FloatValue ? value : integer(Numbers.integer(value));
    }

    private Value integer(BigInteger value) {
        budget.integer(value.bitLength());
        return new IntegerValue(value);
    }

    private static void requireNumber(String operator, Value value) {
        requireDefined(value, value);
        if (!Numbers.isNumber(value)) {
            throw PythonException.type("bad operand type for unary %s: '%s'".formatted(operator, value.typeName()));
        }
    }

    private static void requireNumbers(String operator, Value left, Value right) {
        requireDefined(left, right);
        if (!Numbers.isNumber(left) || !Numbers.isNumber(right)) {
            throw unsupported(operator, left, right);
        }
    }

    private static void requireDefined(Value left, Value right) {
        if (left instanceof UndefinedValue undefined) {
            throw undefined.failure();
        }
        if (right instanceof UndefinedValue undefined) {
            throw undefined.failure();
        }
    }

    private static void requireNotZero(Value divisor, String message) {
        if (!divisor.truth()) {
            throw zeroDivision(message);
        }
    }

    private static PythonException zeroDivision(String message) {
        return new PythonException("ZeroDivisionError", message);
    }

    private static PythonException concatenation(Value left, Value right) {
        return PythonException.type("can only concatenate %s (not \"%s\") to %s"
                .formatted(left.typeName(), right.typeName(), left.typeName()));
    }

    private static PythonException unsupported(String operator, Value left, Value right) {
        return PythonException.type("unsupported operand type(s) for %s: '%s' and '%s'"
                .formatted(operator, left.typeName(), right.typeName()));
    }
}
