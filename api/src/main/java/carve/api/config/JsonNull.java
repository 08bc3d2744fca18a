package carve.api.config;

/** The JSON null. */
public record JsonNull() implements JsonValue {
    @Override
    public String describe() {
        return "null";
    }
}
