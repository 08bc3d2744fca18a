package carve.models.template.value;

/** Python's {@code True} and {@code False}, which are the integers 1 and 0 too. */
public enum BooleanValue implements Value {
    /** {@code False}. */
    FALSE,
    /** {@code True}. */
    TRUE;

    /** Returns the value of a Java boolean. */
    public static BooleanValue of(boolean value) {
        return value ? TRUE : FALSE;
    }

    @Override
    public String typeName() {
        return "bool";
    }

    @Override
    public boolean truth() {
        return this == TRUE;
    }
}
