package carve.api.json;

/** The JSON null. */
public record JsonNull() implements JsonValue {
    @Override
    public String describe() {
        return "null";
    }
}
