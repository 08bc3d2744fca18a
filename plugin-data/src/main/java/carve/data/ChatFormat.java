package carve.data;

import carve.api.config.Settings;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonNull;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** The forms of conversations in rows. */
enum ChatFormat {
    /** {@code messages}: a list of {@code role} and {@code content}, as chat templates have it. */
    MESSAGES(Set.of("messages")),
    /** {@code conversations}: a list of {@code from} and {@code value}, and perhaps {@code system}. */
    SHAREGPT(Set.of("conversations")),
    /** {@code instruction}, {@code output}, and perhaps {@code input} and {@code system}. */
    ALPACA(Set.of("instruction", "output"));

    /** The columns that one of the forms reads, or that must be empty. */
    static final Set<String> COLUMNS = Set.of(
            "messages", "conversations", "instruction", "input", "output", "system", "history", "tools", "documents");

    private static final List<String> UNSUPPORTED = List.of("tools", "documents", "history");

    private final Set<String> keys;

    ChatFormat(Set<String> keys) {
        this.keys = keys;
    }

    private boolean fits(JsonObject row) {
        return keys.stream().allMatch(key -> isGiven(row, key));
    }

    private static boolean isGiven(JsonObject row, String key) {
        return row.value(key).filter(value -> !(value instanceof JsonNull)).isPresent();
    }

    /**
     * Returns the form of a row, by its keys.
     *
     * @throws JsonException if there is none, or several
     */
    static ChatFormat detect(JsonObject row) {
        List<ChatFormat> found =
                Arrays.stream(values()).filter(format -> format.fits(row)).toList();
        if (found.size() == 1) {
            return found.getFirst();
        }
        String names = found.stream().map(Settings::enumConstant).collect(Collectors.joining(" and "));
        throw new JsonException(
                found.isEmpty()
                        ? "expected 'messages', 'conversations', or 'instruction' and 'output'; found " + row.keys()
                        : "the keys of " + names + " are there; set 'format'");
    }

    /**
     * Returns the messages of a row, each with {@code role} and {@code content} and what else it has.
     *
     * @throws JsonException if they cannot be read
     */
    List<JsonObject> messages(JsonObject row) {
        for (String key : UNSUPPORTED) {
            if (isGiven(row, key) && !isEmpty(row, key)) {
                throw row.error(key, "is not supported in training data");
            }
        }
        List<JsonObject> messages = new ArrayList<>(
                switch (this) {
                    case MESSAGES -> list(row, "messages");
                    case SHAREGPT -> list(row, "conversations");
                    case ALPACA -> alpaca(row);
                });
        if (this != MESSAGES && isGiven(row, "system") && !row.string("system").isEmpty()) {
            messages.addFirst(message("system", row.string("system")));
        }
        return messages;
    }

    private static boolean isEmpty(JsonObject row, String key) {
        return switch (row.value(key).orElseThrow()) {
            case JsonArray array -> array.items().isEmpty();
            case JsonString text -> text.text().isEmpty() || text.text().equals("[]");
            default -> false;
        };
    }

    private static JsonObject message(String role, String content) {
        return JsonObject.empty().with("role", role).with("content", content);
    }

    // as LLaMA-Factory joins instruction and input
    private static List<JsonObject> alpaca(JsonObject row) {
        String input = isGiven(row, "input") ? row.string("input") : "";
        String asked = row.string("instruction") + (input.isEmpty() ? "" : "\n" + input);
        return List.of(message("user", asked), message("assistant", row.string("output")));
    }

    private static List<JsonObject> list(JsonObject row, String key) {
        List<JsonObject> messages = new ArrayList<>();
        for (JsonValue item : row.array(key).items()) {
            if (!(item instanceof JsonObject said)) {
                throw row.error(key, "must be a list of objects, has " + item.describe());
            }
            messages.add(isGiven(said, "from") ? ofShareGpt(said) : said);
        }
        return messages;
    }

    private static JsonObject ofShareGpt(JsonObject said) {
        if (isGiven(said, "role")) {
            throw said.error("from", "and 'role' are both there");
        }
        String role = switch (said.string("from")) {
            case "human", "user" -> "user";
            case "gpt", "assistant" -> "assistant";
            case "system" -> "system";
            default ->
                throw said.error(
                        "from",
                        "must be one of human, user, gpt, assistant, system, is '%s'".formatted(said.string("from")));
        };
        String content = said.string("value");
        return said.without("from").without("value").with("role", role).with("content", content);
    }
}
