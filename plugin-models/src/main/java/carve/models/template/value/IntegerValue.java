package carve.models.template.value;

import java.math.BigInteger;

/**
 * A Python {@code int}.
 *
 * @param value of any size
 */
public record IntegerValue(BigInteger value) implements Value {
    /** Returns the value of a Java integer. */
    public static IntegerValue of(long value) {
        return new IntegerValue(BigInteger.valueOf(value));
    }

    @Override
    public String typeName() {
        return "int";
    }

    @Override
    public boolean truth() {
        return value.signum() != 0;
    }
}
