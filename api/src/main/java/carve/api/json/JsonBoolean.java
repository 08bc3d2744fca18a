package carve.api.json;

/**
 * A JSON boolean.
 *
 * @param value the value
 */
public record JsonBoolean(boolean value) implements JsonValue {
    @Override
    public String describe() {
        return Boolean.toString(value);
    }
}
