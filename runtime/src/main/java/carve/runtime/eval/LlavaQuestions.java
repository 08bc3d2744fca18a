package carve.runtime.eval;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Message.Role;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads questions with answers from LLaVA-style JSON: an array of objects with {@code conversations}, in which {@code human}
 * and {@code gpt} take turns, and optionally {@code id}, {@code kind}, and {@code image}, one path or several, relative to the
 * file's folder. The last answer of each conversation is the one that is asked for.
 */
public final class LlavaQuestions {
    private static final int MAX_PROBLEMS_SHOWN = 20;

    private LlavaQuestions() {}

    /**
     * A question with its answer.
     *
     * @param id its name in the file
     * @param category what results are grouped by; {@code all} where the file does not say
     * @param images files of pictures, which come with the first thing a person says
     * @param conversation what comes before the answer, without pictures
     * @param expectedAnswer what is expected
     */
    public record Question(
            String id, String category, List<Path> images, List<Message> conversation, String expectedAnswer) {
        /** Copies the lists. */
        public Question {
            images = List.copyOf(images);
            conversation = List.copyOf(conversation);
        }

        /**
         * Returns the conversation up to the answer, with its pictures.
         *
         * @throws IOException if a picture cannot be read
         */
        public List<Message> prompt() throws IOException {
            List<EncodedImage> pictures = new ArrayList<>();
            for (Path image : images) {
                pictures.add(EncodedImage.read(image));
            }
            List<Message> messages = new ArrayList<>();
            for (Message turn : conversation) {
                boolean first = turn.isFrom(Role.USER) && messages.stream().noneMatch(m -> m.isFrom(Role.USER));
                messages.add(first ? new Message(Role.USER, turn.text(), pictures) : turn);
            }
            return messages;
        }

        /** Returns what is asked, as text. */
        public String text() {
            return conversation.getLast().text();
        }
    }

    /**
     * Reads a file.
     *
     * @throws JsonException if it is not such a file; the message has all problems, the first 20 in full
     */
    public static List<Question> read(Path file) {
        return of(array(file), file);
    }

    /**
     * Reads the conversations of a file, which may be of any form.
     *
     * @throws JsonException if the file is not an array in JSON
     */
    public static JsonArray array(Path file) {
        if (!(Json.read(file) instanceof JsonArray array)) {
            throw new JsonException(file + ": expected an array of conversations");
        }
        return array;
    }

    /**
     * Returns the questions of a file's conversations.
     *
     * @throws JsonException if some are not of this form; the message has all problems, the first 20 in full
     */
    public static List<Question> of(JsonArray array, Path file) {
        Path folder = file.toAbsolutePath().getParent();
        List<Question> questions = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (int i = 0; i < array.items().size(); i++) {
            try {
                questions.add(question(array.items().get(i), i, folder));
            } catch (JsonException e) {
                problems.add("[%d]: %s".formatted(i, e.getMessage()));
            }
        }
        if (!problems.isEmpty()) {
            throw new JsonException("%s: %d of %d conversations cannot be used\n  %s"
                    .formatted(
                            file,
                            problems.size(),
                            array.items().size(),
                            String.join("\n  ", problems.subList(0, Math.min(MAX_PROBLEMS_SHOWN, problems.size())))));
        }
        return questions;
    }

    private static Question question(JsonValue item, int index, Path folder) {
        if (!(item instanceof JsonObject object)) {
            throw new JsonException("expected an object, found " + item.describe());
        }
        String id = object.value("id")
                .map(value -> value instanceof JsonString string ? string.text() : Json.compact(value))
                .orElse(Integer.toString(index));
        List<Message> turns = turns(object);
        if (turns.size() < 2 || !turns.getLast().isFrom(Role.ASSISTANT)) {
            throw new JsonException("'conversations' must end with an answer of 'gpt'");
        }
        return new Question(
                id,
                object.optionalString("kind").orElse("all"),
                object.paths("image", folder),
                turns.subList(0, turns.size() - 1),
                turns.getLast().text());
    }

    private static List<Message> turns(JsonObject object) {
        List<Message> turns = new ArrayList<>();
        for (JsonValue item : object.array("conversations").items()) {
            if (!(item instanceof JsonObject turn)) {
                throw new JsonException("'conversations' has %s, expected objects".formatted(item.describe()));
            }
            Role role = switch (turn.string("from")) {
                case "human", "user" -> Role.USER;
                case "gpt", "assistant" -> Role.ASSISTANT;
                case "system" -> Role.SYSTEM;
                default ->
                    throw turn.error("from", "must be human, gpt or system, is '%s'".formatted(turn.string("from")));
            };
            turns.add(new Message(role, turn.string("value"), List.of()));
        }
        return turns;
    }
}
