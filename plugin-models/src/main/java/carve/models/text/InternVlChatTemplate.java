package carve.models.text;

import carve.api.json.JsonObject;
import carve.models.template.TextRange;
import java.util.ArrayList;
import java.util.List;

/**
 * A chat template of InternVL models.
 *
 * <p>The text is {@code systemPrefix + systemMessage + separator}, then for each turn {@code userPrefix + question +
 * separator + assistantPrefix + answer + separator}; a prompt ends with {@code assistantPrefix}. Generation stops at
 * any of {@code stops}.
 *
 * @param name the name in a model's {@code config.json} ({@code template})
 * @param systemPrefix the text before the system message
 * @param systemMessage the system message; may be empty
 * @param userPrefix the text before a question
 * @param assistantPrefix the text before an answer
 * @param separator the token after each message
 * @param stops tokens that end an answer
 */
public record InternVlChatTemplate(
        String name,
        String systemPrefix,
        String systemMessage,
        String userPrefix,
        String assistantPrefix,
        String separator,
        List<String> stops) {
    private static final String IMAGE = ImageTokens.INTERN_VL.placeholder();
    private static final InternVlChatTemplate INTERN_LM2_CHAT = new InternVlChatTemplate(
            "internlm2-chat",
            "<|im_start|>system\n",
            "你是由上海人工智能实验室联合商汤科技开发的书生多模态大模型，英文名叫InternVL, 是一个有用无害的人工智能助手。",
            "<|im_start|>user\n",
            "<|im_start|>assistant\n",
            "<|im_end|>",
            List.of("<|im_end|>", "<|im_start|>", "</s>"));

    /** Copies the stops. */
    public InternVlChatTemplate {
        stops = List.copyOf(stops);
    }

    /** Returns the template of InternVL2, HoVLE and mmMamba, with InternVL's own system message. */
    public static InternVlChatTemplate internLm2Chat() {
        return INTERN_LM2_CHAT;
    }

    /**
     * Returns the template that a model's {@code config.json} names with {@code template}, {@code internlm2-chat} if it names none; its
     * {@code system_message}, if there is one, replaces the template's.
     *
     * @throws TextException if there is no such template
     */
    public static InternVlChatTemplate of(JsonObject config) {
        String name = config.optionalString("template").orElse(INTERN_LM2_CHAT.name);
        if (!name.equals(INTERN_LM2_CHAT.name)) {
            throw new TextException("no chat template '%s'; there are %s".formatted(name, INTERN_LM2_CHAT.name));
        }
        return config.optionalString("system_message")
                .map(INTERN_LM2_CHAT::withSystemMessage)
                .orElse(INTERN_LM2_CHAT);
    }

    /** Returns this template with another system message. */
    public InternVlChatTemplate withSystemMessage(String message) {
        return new InternVlChatTemplate(name, systemPrefix, message, userPrefix, assistantPrefix, separator, stops);
    }

    /**
     * Returns a question with its image placeholders in front: one image gets {@code <image>\n}, several get {@code
     * Image-1: <image>\n} and so on; a question that has placeholders is returned as it is.
     */
    public static String withImages(String question, int images) {
        if (images == 0 || question.contains(IMAGE)) {
            return question;
        }
        if (images == 1) {
            return IMAGE + "\n" + question;
        }
        var result = new StringBuilder();
        for (int i = 1; i <= images; i++) {
            result.append("Image-").append(i).append(": ").append(IMAGE).append('\n');
        }
        return result.append(question).toString();
    }

    /** Returns the text of whole turns. */
    public String text(List<ChatTurn> turns) {
        var result = new StringBuilder(systemPrefix).append(systemMessage).append(separator);
        for (ChatTurn turn : turns) {
            result.append(userTurn(turn.question())).append(turn.answer()).append(separator);
        }
        return result.toString();
    }

    /** Returns the prompt for the next answer. */
    public String prompt(List<ChatTurn> history, String question) {
        return text(history) + userTurn(question);
    }

    /** Returns the text of whole turns, and where the answers and the separators after them are. */
    public AnsweredText answered(List<ChatTurn> turns) {
        var text = new StringBuilder(systemPrefix).append(systemMessage).append(separator);
        List<TextRange> answers = new ArrayList<>();
        for (ChatTurn turn : turns) {
            text.append(userTurn(turn.question()));
            int start = text.length();
            text.append(turn.answer()).append(separator);
            answers.add(new TextRange(start, text.length()));
        }
        return new AnsweredText(text.toString(), answers);
    }

    /** Returns the ids that end an answer; a stop that the tokenizer does not have is left out. */
    public int[] stopIds(Tokenizer tokenizer) {
        return stops.stream().flatMapToInt(stop -> tokenizer.id(stop).stream()).toArray();
    }

    private String userTurn(String question) {
        return userPrefix + question + separator + assistantPrefix;
    }
}
