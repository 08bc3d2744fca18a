package carve.runtime.answers;

import carve.api.CarveException;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A file of prompts. A {@code .jsonl} or {@code .ndjson} file has a JSON object on each line: {@code messages} (objects with {@code
 * role} and {@code content}, the last not from the assistant), or {@code prompt} or {@code text}, a string, with {@code system} beside
 * it or not. Any other file has a prompt on each line. Blank lines are left out.
 */
public final class PromptFile {
    private static final int SHOWN = 20;

    private final Path file;
    private final Processor processor;
    private final boolean raw;
    private final List<AnswerPrompt> prompts = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    private PromptFile(Path file, Processor processor, boolean raw) {
        this.file = file;
        this.processor = processor;
        this.raw = raw;
    }

    /**
     * Returns all prompts of a file.
     *
     * @param raw whether texts are continued as they are, without a chat template
     * @throws AnswerException if there are none, or some cannot be used; the message has file, line and reason of each
     * @throws carve.api.text.ChatTemplateException if the model has no chat template and texts are not continued as they are
     * @throws IOException if the file cannot be read
     */
    public static List<AnswerPrompt> read(Path file, Processor processor, boolean raw) throws IOException {
        if (!raw) {
            processor.requireChat();
        }
        return new PromptFile(file, processor, raw).read();
    }

    private List<AnswerPrompt> read() throws IOException {
        List<String> lines = Files.readAllLines(file);
        for (int i = 0; i < lines.size(); i++) {
            if (!lines.get(i).isBlank()) {
                add("%s: line %d".formatted(file, i + 1), lines.get(i));
            }
        }
        if (!problems.isEmpty()) {
            List<String> shown = new ArrayList<>(problems.subList(0, Math.min(SHOWN, problems.size())));
            if (problems.size() > SHOWN) {
                shown.add("and %d more".formatted(problems.size() - SHOWN));
            }
            throw new AnswerException(String.join("\n", shown));
        }
        if (prompts.isEmpty()) {
            throw new AnswerException("%s: has no prompts; each line is one".formatted(file));
        }
        return List.copyOf(prompts);
    }

    private void add(String place, String line) {
        try {
            prompts.add(isJson() ? ofJson(Json.parseObject(line, place)) : ofText(line, List.of()));
        } catch (JsonException e) {
            problems.add(e.getMessage());
        } catch (CarveException | IllegalArgumentException e) {
            problems.add(place + ": " + e.getMessage());
        }
    }

    private boolean isJson() {
        String name = file.toString();
        return name.endsWith(".jsonl") || name.endsWith(".ndjson");
    }

    private AnswerPrompt ofJson(JsonObject row) {
        List<String> found = List.of(AnswerPrompt.MESSAGES, "prompt", AnswerPrompt.TEXT).stream()
                .filter(row::has)
                .toList();
        if (found.size() != 1) {
            throw new AnswerException(
                    "must have one of messages, prompt, text; its keys are " + String.join(", ", row.keys()));
        }
        if (found.getFirst().equals(AnswerPrompt.MESSAGES)) {
            return ofMessages(row);
        }
        List<JsonObject> system = row.optionalString("system")
                .map(text -> List.of(message(Message.Role.SYSTEM, text)))
                .orElse(List.of());
        return ofText(row.string(found.getFirst()), system);
    }

    private AnswerPrompt ofMessages(JsonObject row) {
        if (raw) {
            throw new AnswerException("has messages, which only a chat template can write; leave out --raw");
        }
        List<JsonObject> messages = new ArrayList<>();
        for (JsonValue item : row.array(AnswerPrompt.MESSAGES).items()) {
            if (!(item instanceof JsonObject message)) {
                throw new AnswerException("has a message that is no object: " + item.describe());
            }
            messages.add(message);
        }
        if (messages.isEmpty()) {
            throw new AnswerException("has no messages");
        }
        if (messages.getLast().string("role").equals(Message.Role.ASSISTANT.text())) {
            throw new AnswerException(
                    "ends with a message of the assistant, which is to be generated; leave that message out");
        }
        return AnswerPrompt.chat(processor, messages);
    }

    private AnswerPrompt ofText(String text, List<JsonObject> system) {
        if (text.isBlank()) {
            throw new AnswerException("the prompt is empty");
        }
        if (!raw) {
            List<JsonObject> messages = new ArrayList<>(system);
            messages.add(message(Message.Role.USER, text));
            return AnswerPrompt.chat(processor, messages);
        }
        if (!system.isEmpty()) {
            throw new AnswerException("has a system prompt, which only a chat template can write; leave out --raw");
        }
        return AnswerPrompt.text(processor, text);
    }

    static JsonObject message(Message.Role role, String text) {
        return new Message(role, Message.escape(text), List.of()).json();
    }
}
