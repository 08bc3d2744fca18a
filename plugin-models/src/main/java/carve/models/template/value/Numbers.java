package carve.models.template.value;

import java.math.BigInteger;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Operations on numbers; {@code bool} is one. */
public final class Numbers {
    private Numbers() {}

    /** Returns whether the value is an {@code int} or a {@code bool}. */
    public static boolean isInteger(Value value) {
        return value instanceof IntegerValue || value instanceof BooleanValue;
    }

    /** Returns whether the value is an {@code int}, a {@code bool} or a {@code float}. */
    public static boolean isNumber(Value value) {
        return isInteger(value) || value instanceof FloatValue;
    }

    /** Returns the integer of an {@code int} or a {@code bool}. */
    public static BigInteger integer(Value value) {
        return switch (value) {
            case IntegerValue i -> i.value();
            case BooleanValue b -> b.truth() ? BigInteger.ONE : BigInteger.ZERO;
            default ->
                throw PythonException.type(
                        "'%s' object cannot be interpreted as an integer".formatted(value.typeName()));
        };
    }

    /** Returns the double that is nearest to a number. */
    public static double real(Value value) {
        if (value instanceof FloatValue f) {
            return f.value();
        }
        double nearest = integer(value).doubleValue();
        if (Double.isInfinite(nearest)) {
            throw new PythonException("OverflowError", "int too large to convert to float");
        }
        return nearest;
    }

    /** Returns the integer, brought into the range of a Java int: what is beyond is at its end. */
    public static int clamped(Value value) {
        return Math.clamp(clampedLong(value), Integer.MIN_VALUE, Integer.MAX_VALUE);
    }

    /** Returns the integer, brought into the range of a Java long with room to calculate. */
    public static long clampedLong(Value value) {
        BigInteger integer = integer(value);
        return integer.bitLength() > 60 ? (integer.signum() < 0 ? -(1L << 60) : 1L << 60) : integer.longValue();
    }

    /** Returns the value as a Java int, if it is an integer that fits. */
    public static OptionalInt small(Value value) {
        return isInteger(value) && integer(value).bitLength() < Integer.SIZE
                ? OptionalInt.of(integer(value).intValue())
                : OptionalInt.empty();
    }

    /** Returns the value as a Java long, if it is an integer that fits. */
    public static OptionalLong medium(Value value) {
        return isInteger(value) && integer(value).bitLength() < Long.SIZE
                ? OptionalLong.of(integer(value).longValue())
                : OptionalLong.empty();
    }
}
