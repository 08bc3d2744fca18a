package carve.models.template.value;

/**
 * A Python {@code str}, or the {@code Markup} of markupsafe, which escapes what is joined to it.
 *
 * @param text the characters
 * @param markup whether it is a {@code Markup}
 */
public record StringValue(String text, boolean markup) implements Value {
    /** The string without characters. */
    public static final StringValue EMPTY = of("");

    /** Returns a plain string. */
    public static StringValue of(String text) {
        return new StringValue(text, false);
    }

    /** Returns a string of the same kind with another text. */
    public StringValue with(String other) {
        return new StringValue(other, markup);
    }

    @Override
    public String typeName() {
        return markup ? "Markup" : "str";
    }

    @Override
    public boolean truth() {
        return !text.isEmpty();
    }
}
