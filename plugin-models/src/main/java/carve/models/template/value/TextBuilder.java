package carve.models.template.value;

/** A builder of a text that counts what it makes against a {@link Budget}. */
public final class TextBuilder {
    private final Budget budget;
    private final StringBuilder text = new StringBuilder();

    /** Makes an empty text. */
    public TextBuilder(Budget budget) {
        this.budget = budget;
    }

    /**
     * Adds a part.
     *
     * @throws PythonException if the text becomes too long
     */
    public TextBuilder append(String part) {
        requireRoom(part.length());
        text.append(part);
        return this;
    }

    /**
     * Adds a part several times.
     *
     * @throws PythonException if the text becomes too long
     */
    public TextBuilder repeat(String part, long times) {
        if (times > 0 && !part.isEmpty()) {
            requireRoom(part.length() * Math.min(times, Integer.MAX_VALUE));
            text.repeat(part, Math.toIntExact(times));
        }
        return this;
    }

    private void requireRoom(long more) {
        budget.grow(text.length(), more);
    }

    /** Returns how many characters there are. */
    public int length() {
        return text.length();
    }

    /** Returns the text. */
    @Override
    public String toString() {
        return text.toString();
    }
}
