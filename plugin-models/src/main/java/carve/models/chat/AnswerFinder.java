package carve.models.chat;

import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.text.ChatTemplateException;
import carve.models.template.TemplateException;
import carve.models.template.TextRange;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * The places of answers in a rendered conversation, for templates that do not mark them with {@code generation} blocks. An answer
 * is rendered once more with a mark in place of its text: what comes before and after the mark is not the answer. It begins where
 * the prompt that asks for it ends, and ends with the token that ends it, if one follows at once.
 *
 * @param name what messages call the template
 * @param whole renders messages as they are
 * @param prompt renders messages and asks for an answer
 * @param ends the spellings of tokens that end answers
 */
record AnswerFinder(
        String name,
        Function<List<JsonObject>, String> whole,
        Function<List<JsonObject>, String> prompt,
        List<String> ends) {
    // noncharacters of Unicode, which no text has
    private static final String MARK = "\uFDD1answer\uFDD1";

    /**
     * Returns the places of the assistant's messages in their rendered text.
     *
     * @throws ChatTemplateException if one cannot be told exactly
     */
    List<TextRange> find(List<JsonObject> messages, String text) {
        List<TextRange> answers = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            if (messages.get(i).string("role").equals("assistant")) {
                TextRange answer = find(messages, i, text);
                if (!answers.isEmpty() && answer.start() < answers.getLast().end()) {
                    throw refusal(i, "it overlaps the one before");
                }
                answers.add(answer);
            }
        }
        return answers;
    }

    private TextRange find(List<JsonObject> messages, int index, String text) {
        List<JsonObject> marked = new ArrayList<>(messages);
        marked.set(index, marked(messages.get(index), index));
        String other = whole.apply(marked);
        int at = other.indexOf(MARK);
        if (at < 0 || other.indexOf(MARK, at + 1) >= 0) {
            throw refusal(index, "the template does not write its text once");
        }
        String after = other.substring(at + MARK.length());
        int end = text.length() - after.length();
        if (!text.endsWith(after)) {
            throw refusal(index, "what follows it depends on its text");
        }
        int start = start(messages.subList(0, index), text, end)
                .or(() -> at <= end && text.startsWith(other.substring(0, at)) ? Optional.of(at) : Optional.empty())
                .orElseThrow(() -> refusal(index, "what comes before it depends on its text"));
        return new TextRange(start, end + ending(after));
    }

    private JsonObject marked(JsonObject message, int index) {
        return switch (message.value("content").orElseThrow(() -> refusal(index, "it has no text"))) {
            case JsonString _ -> message.with("content", MARK);
            case JsonArray _ -> {
                JsonValue part = JsonObject.empty().with("type", "text").with("text", MARK);
                yield message.with("content", new JsonArray(List.of(part)));
            }
            default -> throw refusal(index, "it has no text");
        };
    }

    // the prompt is what generation begins with; a template may refuse it, or write it differently before an answer
    private Optional<Integer> start(List<JsonObject> before, String text, int end) {
        try {
            String asked = before.isEmpty() ? "" : prompt.apply(before);
            return !asked.isEmpty() && asked.length() <= end && text.startsWith(asked)
                    ? Optional.of(asked.length())
                    : Optional.empty();
        } catch (TemplateException _) {
            return Optional.empty();
        }
    }

    private int ending(String after) {
        int spaces = after.length() - after.stripLeading().length();
        return ends.stream()
                .filter(token -> after.startsWith(token, spaces))
                .mapToInt(token -> spaces + token.length())
                .max()
                .orElse(0);
    }

    private ChatTemplateException refusal(int index, String reason) {
        return new ChatTemplateException(
                ("chat template '%s': cannot tell where the answer in message %d is: %s; mark answers in the template with {%%"
                                + " generation %%} and {%% endgeneration %%}")
                        .formatted(name, index, reason));
    }
}
