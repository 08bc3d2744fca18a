package carve.api.json;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Iterator;

/**
 * Reads and prints JSON (RFC 8259) so that nothing is lost: keys keep their order, numbers their text.
 *
 * <p>Duplicate keys are refused, as are texts of more than {@value #MAX_BYTES} bytes and values nested
 * more than {@value #MAX_DEPTH} deep. Every error says origin, line, column and what was expected.
 */
public final class Json {
    /** The longest text that is read, in bytes. */
    public static final long MAX_BYTES = 256L << 20;
    /** The deepest nesting that is read. */
    public static final int MAX_DEPTH = 128;

    private Json() {}

    /**
     * Reads a file in UTF-8; the origin in messages is its name.
     *
     * @throws JsonException if the file cannot be read or is not JSON
     */
    public static JsonValue read(Path file) {
        String origin = String.valueOf(file.getFileName());
        try {
            long size = Files.size(file);
            checkSize(size, origin);
            return parse(Files.readAllBytes(file), origin);
        } catch (NoSuchFileException e) {
            throw new JsonException(file + ": no such file", e);
        } catch (IOException e) {
            throw new JsonException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
        }
    }

    /**
     * Reads a file whose outermost value is an object.
     *
     * @throws JsonException if the file cannot be read, is not JSON or holds something else
     */
    public static JsonObject readObject(Path file) {
        return object(read(file), String.valueOf(file.getFileName()));
    }

    /**
     * Parses UTF-8.
     *
     * @throws JsonException if the bytes are not UTF-8 or not JSON
     */
    public static JsonValue parse(byte[] utf8, String origin) {
        return parse(utf8, origin, Long.MAX_VALUE);
    }

    /**
     * Parses untrusted UTF-8. A number of two bytes becomes an object of about eighty, so the number of values is limited.
     *
     * @param maxValues the greatest number of values, those inside of others counted too
     * @throws JsonException if the bytes are not UTF-8, not JSON, or have more values
     */
    public static JsonValue parse(byte[] utf8, String origin, long maxValues) {
        checkSize(utf8.length, origin);
        try {
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(utf8))
                    .toString();
            return new JsonParser(text, origin, maxValues).document();
        } catch (CharacterCodingException e) {
            throw new JsonException(origin + ": expected UTF-8, found bytes that are not", e);
        }
    }

    /**
     * Parses a text.
     *
     * @throws JsonException if it is not JSON
     */
    public static JsonValue parse(String text, String origin) {
        checkSize(text.length(), origin);
        return new JsonParser(text, origin, Long.MAX_VALUE).document();
    }

    /**
     * Parses a text whose outermost value is an object.
     *
     * @throws JsonException if it is not JSON, or something else
     */
    public static JsonObject parseObject(String text, String origin) {
        return object(parse(text, origin), origin);
    }

    /**
     * Parses UTF-8 whose outermost value is an object.
     *
     * @throws JsonException if the bytes are not UTF-8 or not JSON, or something else
     */
    public static JsonObject parseObject(byte[] utf8, String origin) {
        return object(parse(utf8, origin), origin);
    }

    /**
     * Parses untrusted UTF-8 whose outermost value is an object.
     *
     * @param maxValues the greatest number of values, those inside of others counted too
     * @throws JsonException if the bytes are not UTF-8 or not JSON, something else, or have more values
     */
    public static JsonObject parseObject(byte[] utf8, String origin, long maxValues) {
        return object(parse(utf8, origin, maxValues), origin);
    }

    /** Returns the value as it stands in files: two spaces of indentation, one member per line, no newline at the end. */
    public static String print(JsonValue value) {
        var out = new StringBuilder();
        print(value, out, 0);
        return out.toString();
    }

    /** Returns the value on one line without any space, as safetensors headers have it. */
    public static String compact(JsonValue value) {
        var out = new StringBuilder();
        print(value, out, -1);
        return out.toString();
    }

    static String quote(String text) {
        var out = new StringBuilder();
        quote(text, out);
        return out.toString();
    }

    private static JsonObject object(JsonValue value, String origin) {
        if (value instanceof JsonObject object) {
            return object;
        }
        throw new JsonException("%s: expected an object, found %s".formatted(origin, value.describe()));
    }

    private static void checkSize(long size, String origin) {
        if (size > MAX_BYTES) {
            throw new JsonException(
                    "%s: %d bytes of JSON are more than the limit of %d".formatted(origin, size, MAX_BYTES));
        }
    }

    // depth < 0 prints on one line
    private static void print(JsonValue value, StringBuilder out, int depth) {
        switch (value) {
            case JsonObject object -> printObject(object, out, depth);
            case JsonArray array -> printArray(array, out, depth);
            case JsonString string -> quote(string.text(), out);
            case JsonNumber number -> out.append(number.text());
            case JsonBoolean flag -> out.append(flag.value());
            case JsonNull() -> out.append("null");
        }
    }

    private static void printObject(JsonObject object, StringBuilder out, int depth) {
        out.append('{');
        for (var i = object.members().entrySet().iterator(); i.hasNext(); ) {
            var member = i.next();
            line(out, depth < 0 ? depth : depth + 1);
            quote(member.getKey(), out);
            out.append(depth < 0 ? ":" : ": ");
            print(member.getValue(), out, depth < 0 ? depth : depth + 1);
            separate(i, out, depth);
        }
        out.append('}');
    }

    private static void printArray(JsonArray array, StringBuilder out, int depth) {
        out.append('[');
        for (var i = array.items().iterator(); i.hasNext(); ) {
            JsonValue item = i.next();
            line(out, depth < 0 ? depth : depth + 1);
            print(item, out, depth < 0 ? depth : depth + 1);
            separate(i, out, depth);
        }
        out.append(']');
    }

    private static void separate(Iterator<?> rest, StringBuilder out, int depth) {
        if (rest.hasNext()) {
            out.append(',');
        } else {
            line(out, depth);
        }
    }

    private static void line(StringBuilder out, int depth) {
        if (depth >= 0) {
            out.append('\n').repeat("  ", depth);
        }
    }

    private static void quote(String text, StringBuilder out) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ' || isLoneSurrogate(text, i)) {
                        out.append("\\u%04x".formatted((int) c));
                    } else {
                        out.append(c);
                    }
                }
            }
        }
        out.append('"');
    }

    private static boolean isLoneSurrogate(String text, int i) {
        char c = text.charAt(i);
        if (Character.isHighSurrogate(c)) {
            return i + 1 == text.length() || !Character.isLowSurrogate(text.charAt(i + 1));
        }
        return Character.isLowSurrogate(c) && (i == 0 || !Character.isHighSurrogate(text.charAt(i - 1)));
    }
}
