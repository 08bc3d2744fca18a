package carve.api.json;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;

/** A recursive-descent parser over one text; used once. */
final class JsonParser {
    private final String text;
    private final String origin;
    private int position;
    private final long maxValues;
    private int depth;
    private long values;

    JsonParser(String text, String origin, long maxValues) {
        this.text = text;
        this.origin = origin;
        this.maxValues = maxValues;
    }

    JsonValue document() {
        JsonValue value = value(JsonPath.ROOT);
        skipSpace();
        if (position < text.length()) {
            throw expected("the end of the text");
        }
        return value;
    }

    private JsonValue value(JsonPath path) {
        skipSpace();
        if (++values > maxValues) {
            throw error("there are more values than the limit of " + maxValues);
        }
        return switch (peek()) {
            case '{' -> object(path);
            case '[' -> array(path);
            case '"' -> new JsonString(string("a string"));
            case 't' -> word("true", new JsonBoolean(true));
            case 'f' -> word("false", new JsonBoolean(false));
            case 'n' -> word("null", new JsonNull());
            case 'N' -> word("NaN", new JsonNumber("NaN"));
            case 'I' -> word("Infinity", new JsonNumber("Infinity"));
            case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> number();
            default -> throw expected("a value");
        };
    }

    private JsonObject object(JsonPath path) {
        enter();
        Map<String, JsonValue> members = new LinkedHashMap<>();
        skipSpace();
        if (!take('}')) {
            do {
                member(path, members);
            } while (more('}', "',' or '}'"));
        }
        depth--;
        return new JsonObject(origin, path, members);
    }

    private void member(JsonPath path, Map<String, JsonValue> members) {
        skipSpace();
        int start = position;
        String key = string("a key in double quotes");
        if (members.containsKey(key)) {
            position = start;
            throw error("duplicate key %s".formatted(new JsonString(key).describe()));
        }
        skipSpace();
        if (!take(':')) {
            throw expected("':'");
        }
        members.put(key, value(path.member(key)));
    }

    private JsonArray array(JsonPath path) {
        enter();
        var items = new ArrayList<JsonValue>();
        skipSpace();
        if (!take(']')) {
            do {
                items.add(value(path.item(items.size())));
            } while (more(']', "',' or ']'"));
        }
        depth--;
        return new JsonArray(items);
    }

    private void enter() {
        if (++depth > Json.MAX_DEPTH) {
            throw error("values are nested deeper than the limit of " + Json.MAX_DEPTH);
        }
        position++;
    }

    private boolean more(char end, String choices) {
        skipSpace();
        if (take(',')) {
            return true;
        }
        if (take(end)) {
            return false;
        }
        throw expected(choices);
    }

    private JsonValue word(String word, JsonValue value) {
        if (!text.startsWith(word, position)) {
            throw expected("a value");
        }
        position += word.length();
        return value;
    }

    private JsonValue number() {
        int start = position;
        if (text.startsWith("-Infinity", position)) {
            return word("-Infinity", new JsonNumber("-Infinity"));
        }
        while (position < text.length() && "+-.eE0123456789".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
        try {
            return new JsonNumber(text.substring(start, position));
        } catch (JsonException e) {
            position = start;
            throw error(e.getMessage());
        }
    }

    private String string(String what) {
        if (!take('"')) {
            throw expected(what);
        }
        int end = position;
        while (end < text.length() && text.charAt(end) != '"' && text.charAt(end) != '\\' && text.charAt(end) >= ' ') {
            end++;
        }
        String plain = text.substring(position, end);
        position = end;
        return take('"') ? plain : escaped(new StringBuilder(plain));
    }

    private String escaped(StringBuilder out) {
        while (true) {
            char c = peek();
            if (position == text.length()) {
                throw expected("'\"' at the end of the string");
            }
            if (c < ' ') {
                throw expected("'\"' before the end of the line, or an escape");
            }
            position++;
            if (c == '"') {
                return out.toString();
            }
            out.append(c == '\\' ? escape() : c);
        }
    }

    private char escape() {
        char c = peek();
        position++;
        return switch (c) {
            case '"', '\\', '/' -> c;
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'u' -> unicode();
            default -> {
                position--;
                throw expected("one of \" \\ / b f n r t u after a backslash");
            }
        };
    }

    private char unicode() {
        int code = 0;
        for (int i = 0; i < 4; i++) {
            char c = peek();
            int digit = c < 128 ? Character.digit(c, 16) : -1;
            if (digit < 0) {
                throw expected("four hexadecimal digits");
            }
            code = code << 4 | digit;
            position++;
        }
        return (char) code;
    }

    private boolean take(char c) {
        if (position < text.length() && text.charAt(position) == c) {
            position++;
            return true;
        }
        return false;
    }

    // 0 at the end, which no rule accepts
    private char peek() {
        return position < text.length() ? text.charAt(position) : 0;
    }

    private void skipSpace() {
        while (position < text.length() && " \t\n\r".indexOf(text.charAt(position)) >= 0) {
            position++;
        }
    }

    private JsonException expected(String what) {
        return error("expected %s, found %s".formatted(what, found()));
    }

    private String found() {
        if (position >= text.length()) {
            return "the end of the text";
        }
        int c = text.codePointAt(position);
        return c > ' ' && c < 127 ? "'" + (char) c + "'" : "U+%04X".formatted(c);
    }

    private JsonException error(String problem) {
        int place = Math.min(position, text.length());
        long line = 1 + text.substring(0, place).chars().filter(c -> c == '\n').count();
        int column = place - text.lastIndexOf('\n', place - 1);
        return new JsonException("%s: %d:%d: %s".formatted(origin, line, column, problem));
    }
}
