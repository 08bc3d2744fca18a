package carve.api.json;

/** A JSON value. Immutable; equal when the values are, wherever they were read. */
public sealed interface JsonValue permits JsonObject, JsonArray, JsonString, JsonNumber, JsonBoolean, JsonNull {

    /** Returns what the value is, as messages say it: "an object", "the number 1.5", "\"text\"". */
    String describe();
}
