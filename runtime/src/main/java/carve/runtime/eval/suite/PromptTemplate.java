package carve.runtime.eval.suite;

import carve.api.config.NameSuggestions;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The words in which suites are asked, as data: {@code prompts.json} has those of LLaVA's and of InternVL's authors; a user's
 * own file of one such style takes their place.
 *
 * <pre>{@code
 * {"pope": {"prompt": "{question}\nAnswer the question using a single word or phrase.", "max-tokens": 10}, ...}
 * }</pre>
 *
 * <p>{@code {question}} is the question, {@code {bare-question}} the question without an ending "Please answer yes or no.",
 * {@code {hint}} the hint and a line end, or nothing, and {@code {options}} a line end, a letter, a dot and a choice for each
 * choice.
 *
 * @param style the name of the style, or its file
 * @param text the text with its places
 * @param maxTokens the longest answer
 */
public record PromptTemplate(String style, String text, int maxTokens) {
    private static final String FAMILIES = "families";
    private static final String YES_OR_NO = "Please answer yes or no.";

    /**
     * Returns how a suite is asked.
     *
     * @param style {@code llava}, {@code internvl}, or a file
     * @throws SuiteException if there is no such style, or the suite is not in it
     */
    public static PromptTemplate of(String style, String suite) {
        try {
            JsonObject styles = builtIn().without(FAMILIES);
            JsonObject all;
            if (styles.has(style)) {
                all = styles.object(style);
            } else if (Files.isRegularFile(Path.of(style))) {
                all = Json.readObject(Path.of(style));
            } else {
                throw new SuiteException(NameSuggestions.unknown(
                        "style of prompts and no such file", style, List.copyOf(styles.keys())));
            }
            JsonObject own = all.object(suite);
            return new PromptTemplate(style, own.string("prompt"), own.integer("max-tokens"));
        } catch (JsonException e) {
            throw new SuiteException(e.getMessage(), e);
        }
    }

    /** Returns the style of a model family's authors: the file's for the family, else {@code llava}. */
    public static String styleOf(String family) {
        return builtIn().object(FAMILIES).optionalString(family).orElse("llava");
    }

    private static JsonObject builtIn() {
        try (InputStream in = PromptTemplate.class.getResourceAsStream("prompts.json")) {
            return Json.parseObject(in.readAllBytes(), "prompts.json");
        } catch (IOException e) {
            throw new SuiteException("prompts.json of the program cannot be read: " + e.getMessage(), e);
        }
    }

    /** Returns what the model is asked. */
    public String of(Question item) {
        StringBuilder options = new StringBuilder();
        for (int i = 0; i < item.choices().size(); i++) {
            options.append('\n')
                    .append(Question.letter(i))
                    .append(". ")
                    .append(item.choices().get(i));
        }
        String question = item.text();
        String bare = question.endsWith(YES_OR_NO)
                ? question.substring(0, question.length() - YES_OR_NO.length()).strip()
                : question;
        return text.replace("{hint}", item.hint().isEmpty() ? "" : item.hint() + "\n")
                .replace("{options}", options)
                .replace("{bare-question}", bare)
                .replace("{question}", question);
    }
}
