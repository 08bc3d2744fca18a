package carve.models.template.value;

/** The escapes of markupsafe. */
public final class Markup {
    private Markup() {}

    /** Returns the text of a value with HTML's special characters escaped, unless it is escaped already. */
    public static String escape(StringValue value) {
        return value.markup() ? value.text() : escape(value.text());
    }

    /** Returns the text with HTML's special characters escaped. */
    public static String escape(String text) {
        return text.replace("&", "&amp;")
                .replace(">", "&gt;")
                .replace("<", "&lt;")
                .replace("'", "&#39;")
                .replace("\"", "&#34;");
    }

    /** Returns {@code escape(value)}, a {@code Markup}. */
    public static StringValue of(Value value, Budget budget) {
        return new StringValue(value instanceof StringValue s ? escape(s) : escape(Repr.str(value, budget)), true);
    }
}
