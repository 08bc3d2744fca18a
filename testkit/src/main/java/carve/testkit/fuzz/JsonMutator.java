package carve.testkit.fuzz;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;

/** Changes one value or key of a JSON document and leaves the rest as it is, so that readers get as far as that value. */
final class JsonMutator {
    private static final int MAX_LENGTH = 1 << 20;
    private static final int MAX_REPEATED = 1 << 14;
    private static final List<String> VALUES = List.of(
            "0",
            "-0.0",
            "1",
            "-1",
            "1.5",
            "1e999",
            "-1e999",
            "1e-300",
            "NaN",
            "Infinity",
            "2147483647",
            "2147483648",
            "-2147483648",
            "9223372036854775807",
            "18446744073709551616",
            "null",
            "true",
            "false",
            "\"\"",
            "\"\\u0000\"",
            "\"\\ud800\"",
            "\"../../etc/passwd\"",
            "[]",
            "{}",
            "[[]]",
            "[null]",
            "{\"\": null}");

    private final SplittableRandom random;

    JsonMutator(SplittableRandom random) {
        this.random = random;
    }

    /** A document while it is printed with a change at one of its values, counted from the outermost. */
    private final class Change {
        private final List<JsonValue> all;
        private final int chosen;
        private int visited;

        Change(List<JsonValue> all) {
            this.all = all;
            this.chosen = random.nextInt(all.size());
        }

        private JsonValue other() {
            return all.get(random.nextInt(all.size()));
        }

        private String print(JsonValue value) {
            boolean change = visited++ == chosen;
            return switch (value) {
                case JsonObject object -> change ? changedObject(object) : object(object.members(), "");
                case JsonArray array -> change ? changed(array) : array(array.items());
                default -> change ? changed(value) : Json.compact(value);
            };
        }

        private String object(Map<String, JsonValue> members, String more) {
            String text = members.entrySet().stream()
                    .map(member -> key(member.getKey()) + print(member.getValue()))
                    .collect(Collectors.joining(","));
            return "{" + more + (more.isEmpty() || text.isEmpty() ? "" : ",") + text + "}";
        }

        private String array(List<JsonValue> items) {
            return items.stream().map(this::print).collect(Collectors.joining(",", "[", "]"));
        }

        // a key twice, a key left out, a key that is not there in good documents, or another value
        private String changedObject(JsonObject object) {
            List<String> keys = List.copyOf(object.members().keySet());
            if (keys.isEmpty()) {
                return changed(object);
            }
            String key = keys.get(random.nextInt(keys.size()));
            return switch (random.nextInt(5)) {
                case 0 -> object(object.members(), key(key) + Json.compact(other()));
                case 1 -> object(object.without(key).members(), "");
                case 2 -> object(object.without(key).members(), key(key + "_") + Json.compact(other()));
                case 3 -> object(object.without(key).members(), key(key) + changed(other()));
                default -> changed(object);
            };
        }

        private String changed(JsonValue value) {
            return switch (random.nextInt(7)) {
                case 0 -> Json.compact(other());
                case 1 -> "[" + Json.compact(value) + "]";
                case 2 ->
                    repeated(
                            value instanceof JsonArray array && !array.items().isEmpty()
                                    ? array.items().getFirst()
                                    : value);
                case 3 -> text();
                default -> VALUES.get(random.nextInt(VALUES.size()));
            };
        }

        private String repeated(JsonValue value) {
            String text = Json.compact(value);
            int times = 1 + random.nextInt(1 << random.nextInt(14));
            return "[" + (text + ",").repeat(Math.min(times, MAX_REPEATED / (text.length() + 1))) + text + "]";
        }

        private String text() {
            String part = other() instanceof JsonString(String text) && !text.isEmpty() ? text : "a";
            int times = 1 << random.nextInt(14);
            return Json.compact(new JsonString(part.repeat(Math.min(times, 1 + MAX_REPEATED / part.length()))));
        }
    }

    /** Returns the document with a change, if it is one of at most {@value #MAX_LENGTH} bytes. */
    Optional<byte[]> change(byte[] document) {
        if (document.length > MAX_LENGTH || !mayBeJson(document)) {
            return Optional.empty();
        }
        try {
            JsonValue value = Json.parse(document, "seed");
            List<JsonValue> all = new ArrayList<>();
            collect(value, all);
            return Optional.of(new Change(all).print(value).getBytes(StandardCharsets.UTF_8));
        } catch (JsonException e) {
            return Optional.empty();
        }
    }

    private static boolean mayBeJson(byte[] document) {
        int i = 0;
        while (i < document.length && document[i] <= ' ') {
            i++;
        }
        return i < document.length && (document[i] == '{' || document[i] == '[');
    }

    private static void collect(JsonValue value, List<JsonValue> into) {
        into.add(value);
        switch (value) {
            case JsonObject object -> object.members().values().forEach(member -> collect(member, into));
            case JsonArray array -> array.items().forEach(item -> collect(item, into));
            default -> {
                // has no parts
            }
        }
    }

    private static String key(String key) {
        return Json.compact(new JsonString(key)) + ":";
    }
}
