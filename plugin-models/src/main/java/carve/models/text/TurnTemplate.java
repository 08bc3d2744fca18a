package carve.models.text;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * How a conversation is written for a model, turn by turn.
 *
 * <p>The text is {@code beforeSystem + systemMessage + afterSystem}, if there is a system message, then for each turn {@code
 * before + question + between + answer + after}. A prompt ends with {@code between}, without the spaces at its end, since
 * tokenizers join a space with the word that follows it.
 *
 * @param name what a model's {@code config.json} calls it ({@code template})
 * @param beforeSystem what stands before the system message
 * @param systemMessage what the model is told first; may be empty
 * @param afterSystem what stands after the system message
 * @param before what stands before a question
 * @param between what stands between a question and its answer
 * @param after what ends an answer, for the model to say
 * @param stops tokens that end an answer
 */
public record TurnTemplate(
        String name,
        String beforeSystem,
        String systemMessage,
        String afterSystem,
        String before,
        String between,
        String after,
        List<String> stops) {
    private static final String VICUNA_SYSTEM =
            "A chat between a curious user and an artificial intelligence assistant. "
                    + "The assistant gives helpful, detailed, and polite answers to the user's questions.";
    private static final String END_OF_TEXT = "<|endoftext|>";
    private static final List<TurnTemplate> ALL = List.of(
            // tinyllava/data/template/phi_template.py and base.py
            new TurnTemplate(
                    "phi", "", VICUNA_SYSTEM, " ", "USER: ", " ASSISTANT: ", END_OF_TEXT, List.of(END_OF_TEXT)),
            new TurnTemplate("vicuna", "", VICUNA_SYSTEM, " ", "USER: ", " ASSISTANT: ", "</s>", List.of("</s>")),
            new TurnTemplate("instruct", "", "", "\n", "Instruct: ", "\nOutput: ", END_OF_TEXT, List.of(END_OF_TEXT)),
            new TurnTemplate(
                    "chatml",
                    "<|im_start|>system\n",
                    "You are a helpful assistant.",
                    "<|im_end|>\n",
                    "<|im_start|>user\n",
                    "<|im_end|>\n<|im_start|>assistant\n",
                    "<|im_end|>\n",
                    List.of("<|im_end|>", END_OF_TEXT)),
            new TurnTemplate("plain", "", "", "\n", "", "\n", "\n", List.of("</s>", END_OF_TEXT)));

    /** Copies the stops. */
    public TurnTemplate {
        stops = List.copyOf(stops);
    }

    /**
     * Returns the template of a name.
     *
     * @throws TextException if there is none
     */
    public static TurnTemplate of(String name) {
        Map<String, TurnTemplate> all = new LinkedHashMap<>();
        ALL.forEach(template -> all.put(template.name, template));
        if (!all.containsKey(name)) {
            throw new TextException("no chat template '%s'; there are %s"
                    .formatted(name, String.join(", ", new TreeSet<>(all.keySet()))));
        }
        return all.get(name);
    }

    /** Returns this template with another system message; an empty one leaves it out. */
    public TurnTemplate withSystemMessage(String message) {
        return new TurnTemplate(name, beforeSystem, message, afterSystem, before, between, after, stops);
    }

    private String opening() {
        return systemMessage.isEmpty() ? "" : beforeSystem + systemMessage + afterSystem;
    }

    /** Returns the text of whole turns. */
    public String text(List<ChatTurn> turns) {
        var text = new StringBuilder(opening());
        turns.forEach(turn -> text.append(before)
                .append(turn.question())
                .append(between)
                .append(turn.answer())
                .append(after));
        return text.toString();
    }

    /** Returns the text that asks for the answer of the last turn, whose own answer is left out. */
    public String prompt(List<ChatTurn> turns) {
        String ask = before + turns.getLast().question() + between;
        return text(turns.subList(0, turns.size() - 1)) + ask.replaceFirst(" +$", "");
    }

    /** Returns the ids that end an answer; a stop that the tokenizer does not have is left out. */
    public int[] stopIds(Tokenizer tokenizer) {
        return stops.stream()
                .flatMapToInt(stop -> tokenizer.id(stop).stream())
                .distinct()
                .toArray();
    }

    /**
     * Returns the ids of whole turns, and which of them the model is to learn: the answers and what ends them. Up to each
     * answer the ids are those of the {@link #prompt}, so that training sees what generation sees.
     *
     * @param encode makes ids of a text that begins as the whole does
     */
    public ChatTokens encode(List<ChatTurn> turns, TextEncoder encode) {
        int[] ids = encode.ids(text(turns));
        boolean[] answers = new boolean[ids.length];
        for (int i = 1; i <= turns.size(); i++) {
            int from = commonPrefix(ids, encode.ids(prompt(turns.subList(0, i))));
            int to = commonPrefix(ids, encode.ids(text(turns.subList(0, i))));
            Arrays.fill(answers, from, Math.max(from, to), true);
        }
        return new ChatTokens(ids, answers);
    }

    private static int commonPrefix(int[] left, int[] right) {
        int mismatch = Arrays.mismatch(left, right);
        return mismatch < 0 ? left.length : mismatch;
    }

    /** Makes ids of a text. */
    @FunctionalInterface
    public interface TextEncoder {
        /** Returns the ids of a text. */
        int[] ids(String text);
    }
}
