package carve.models.data;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.models.text.ChatTurn;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * LLaVA-style JSON: an array of objects with {@code conversations}, in which {@code human} and {@code gpt} take turns,
 * and optionally {@code id}, {@code kind}, and {@code image}, one path or several. Other keys are ignored, since
 * published files have many.
 */
public final class LlavaFile {
    private static final int PROBLEMS_SHOWN = 20;

    private LlavaFile() {}

    /**
     * Reads a file; its image paths are relative to the folder it is in.
     *
     * @throws DataException if it is not such a file; the message has all problems, the first {@value #PROBLEMS_SHOWN} in full
     */
    public static List<LlavaSample> read(Path file) {
        return read(file, file.toAbsolutePath().getParent());
    }

    /** Reads a file whose image paths are relative to {@code images}; otherwise as {@link #read(Path)}. */
    public static List<LlavaSample> read(Path file, Path images) {
        List<LlavaSample> samples = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        int index = 0;
        for (JsonValue item : items(file)) {
            try {
                samples.add(sample(item, index, images));
            } catch (JsonException | DataException e) {
                problems.add("[%d]: %s".formatted(index, e.getMessage()));
            }
            index++;
        }
        if (!problems.isEmpty()) {
            throw new DataException("%s: %d of %d conversations are invalid\n  %s"
                    .formatted(
                            file,
                            problems.size(),
                            index,
                            String.join("\n  ", problems.subList(0, Math.min(problems.size(), PROBLEMS_SHOWN)))));
        }
        return List.copyOf(samples);
    }

    private static List<JsonValue> items(Path file) {
        try {
            if (Json.read(file) instanceof JsonArray array) {
                return array.items();
            }
            throw new DataException("%s: expected an array of conversations".formatted(file));
        } catch (JsonException e) {
            throw new DataException(e.getMessage(), e);
        }
    }

    private static LlavaSample sample(JsonValue item, int index, Path images) {
        if (!(item instanceof JsonObject object)) {
            throw new DataException("expected an object, found " + item.describe());
        }
        String id = object.value("id").map(LlavaFile::text).orElse(String.valueOf(index));
        return new LlavaSample(
                id, object.optionalString("kind").orElse(""), object.paths("image", images), turns(object));
    }

    /** Returns an id as text; some files have numbers. */
    private static String text(JsonValue id) {
        return id instanceof JsonString string ? string.text() : Json.compact(id);
    }

    private static List<ChatTurn> turns(JsonObject object) {
        List<String> said = new ArrayList<>();
        for (JsonValue item : object.array("conversations").items()) {
            String expected = said.size() % 2 == 0 ? "human" : "gpt";
            if (!(item instanceof JsonObject message)) {
                throw new DataException(
                        "conversations[%d]: expected an object, found %s".formatted(said.size(), item.describe()));
            }
            if (!message.string("from").equals(expected)) {
                throw new DataException("conversations[%d]: expected a message from '%s', found one from '%s'"
                        .formatted(said.size(), expected, message.string("from")));
            }
            said.add(message.string("value"));
        }
        if (said.isEmpty() || said.size() % 2 != 0) {
            throw new DataException(
                    "conversations: expected questions with answers, found %d messages".formatted(said.size()));
        }
        List<ChatTurn> turns = new ArrayList<>();
        for (int i = 0; i < said.size(); i += 2) {
            turns.add(new ChatTurn(said.get(i), said.get(i + 1)));
        }
        return turns;
    }
}
