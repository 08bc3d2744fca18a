package carve.models.text;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * A chat template: the text of a conversation for a model, turn by turn.
 *
 * <p>The text is {@code systemPrefix + systemMessage + systemSuffix}, if there is a system message, then for each turn
 * {@code userPrefix + question + assistantPrefix + answer + assistantSuffix}. A prompt ends with {@code
 * assistantPrefix}, without the spaces at its end, since tokenizers join a space with the word that follows it.
 *
 * @param name the name in a model's {@code config.json} ({@code template})
 * @param systemPrefix the text before the system message
 * @param systemMessage the system message; may be empty
 * @param systemSuffix the text after the system message
 * @param userPrefix the text before a question
 * @param assistantPrefix the text between a question and its answer
 * @param assistantSuffix the text after an answer, which the model generates
 * @param stops tokens that end an answer
 */
public record ConversationTemplate(
        String name,
        String systemPrefix,
        String systemMessage,
        String systemSuffix,
        String userPrefix,
        String assistantPrefix,
        String assistantSuffix,
        List<String> stops) {
    private static final String VICUNA_SYSTEM =
            "A chat between a curious user and an artificial intelligence assistant. "
                    + "The assistant gives helpful, detailed, and polite answers to the user's questions.";
    private static final String END_OF_TEXT = "<|endoftext|>";
    private static final List<ConversationTemplate> ALL = List.of(
            // tinyllava/data/template/phi_template.py and base.py
            new ConversationTemplate(
                    "phi", "", VICUNA_SYSTEM, " ", "USER: ", " ASSISTANT: ", END_OF_TEXT, List.of(END_OF_TEXT)),
            new ConversationTemplate(
                    "vicuna", "", VICUNA_SYSTEM, " ", "USER: ", " ASSISTANT: ", "</s>", List.of("</s>")),
            new ConversationTemplate(
                    "instruct", "", "", "\n", "Instruct: ", "\nOutput: ", END_OF_TEXT, List.of(END_OF_TEXT)),
            new ConversationTemplate(
                    "chatml",
                    "<|im_start|>system\n",
                    "You are a helpful assistant.",
                    "<|im_end|>\n",
                    "<|im_start|>user\n",
                    "<|im_end|>\n<|im_start|>assistant\n",
                    "<|im_end|>\n",
                    List.of("<|im_end|>", END_OF_TEXT)),
            new ConversationTemplate("plain", "", "", "\n", "", "\n", "\n", List.of("</s>", END_OF_TEXT)));

    /** Copies the stops. */
    public ConversationTemplate {
        stops = List.copyOf(stops);
    }

    /**
     * Returns the template of a name.
     *
     * @throws TextException if there is none
     */
    public static ConversationTemplate of(String name) {
        Map<String, ConversationTemplate> all = new LinkedHashMap<>();
        ALL.forEach(template -> all.put(template.name, template));
        if (!all.containsKey(name)) {
            throw new TextException("no chat template '%s'; there are %s"
                    .formatted(name, String.join(", ", new TreeSet<>(all.keySet()))));
        }
        return all.get(name);
    }

    /** Returns this template with another system message; an empty one leaves it out. */
    public ConversationTemplate withSystemMessage(String message) {
        return new ConversationTemplate(
                name, systemPrefix, message, systemSuffix, userPrefix, assistantPrefix, assistantSuffix, stops);
    }

    private String systemPrompt() {
        return systemMessage.isEmpty() ? "" : systemPrefix + systemMessage + systemSuffix;
    }

    /** Returns the text of whole turns. */
    public String text(List<ChatTurn> turns) {
        var text = new StringBuilder(systemPrompt());
        turns.forEach(turn -> text.append(userPrefix)
                .append(turn.question())
                .append(assistantPrefix)
                .append(turn.answer())
                .append(assistantSuffix));
        return text.toString();
    }

    /** Returns the text that asks for the answer of the last turn, whose own answer is left out. */
    public String prompt(List<ChatTurn> turns) {
        String ask = userPrefix + turns.getLast().question() + assistantPrefix;
        return text(turns.subList(0, turns.size() - 1)) + withoutTrailingSpaces(ask);
    }

    private static String withoutTrailingSpaces(String text) {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == ' ') {
            end--;
        }
        return text.substring(0, end);
    }

    /** Returns the ids that end an answer; a stop that the tokenizer does not have is left out. */
    public int[] stopIds(Tokenizer tokenizer) {
        return stops.stream()
                .flatMapToInt(stop -> tokenizer.id(stop).stream())
                .distinct()
                .toArray();
    }
}
