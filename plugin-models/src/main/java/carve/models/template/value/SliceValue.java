package carve.models.template.value;

/**
 * A Python {@code slice}.
 *
 * @param start the first index, or None
 * @param stop the index before which it ends, or None
 * @param step the difference of neighbours, or None
 */
public record SliceValue(Value start, Value stop, Value step) implements Value {
    @Override
    public String typeName() {
        return "slice";
    }

    @Override
    public boolean truth() {
        return true;
    }
}
