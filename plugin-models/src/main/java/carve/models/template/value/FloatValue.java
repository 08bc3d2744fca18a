package carve.models.template.value;

/**
 * A Python {@code float}.
 *
 * @param value the double
 */
public record FloatValue(double value) implements Value {
    @Override
    public String typeName() {
        return "float";
    }

    @Override
    public boolean truth() {
        return value != 0;
    }
}
