package carve.runtime.answers;

import carve.api.json.JsonObject;
import carve.api.text.ChatOptions;
import carve.api.text.Message;
import carve.api.text.Processor;
import java.util.Collections;
import java.util.List;
import java.util.OptionalInt;

/**
 * Prompts that the model makes itself. A model with a chat template continues the beginning of a user's turn, and so writes what it
 * takes users to say (Xu et al. 2024, Magpie, arXiv:2406.08464); another continues the beginning of a text.
 */
public final class PromptSampler {
    private static final String MARK = "carve-user-turn";

    private PromptSampler() {}

    /**
     * Returns prompts whose answers are what a user says: the chat template up to the user's first word, so many times.
     *
     * @throws carve.api.text.ChatTemplateException if there is no chat template
     * @throws AnswerException if the template does not show the user's text as it is
     */
    public static List<AnswerPrompt> userTurns(Processor processor, int count) {
        processor.requireChat();
        String text = processor.promptText(List.of(Message.user(MARK)), ChatOptions.ANSWER);
        int at = text.indexOf(MARK);
        if (at <= 0) {
            throw new AnswerException(
                    "the chat template does not show where a user's turn begins, so that the model cannot make prompts;"
                            + " give a file with --prompts");
        }
        int[] tokens = processor.encode(text.substring(0, at), false, true);
        return Collections.nCopies(
                count, new AnswerPrompt(tokens, JsonObject.empty().with(AnswerPrompt.TEXT, "")));
    }

    /**
     * Returns prompts that are the beginning of a text, so many times.
     *
     * @throws AnswerException if the tokenizer names no token for the beginning or end of texts
     */
    public static List<AnswerPrompt> beginnings(Processor processor, int count) {
        OptionalInt named = processor.beginningToken().isPresent() ? processor.beginningToken() : processor.endToken();
        if (named.isEmpty()) {
            throw new AnswerException(
                    "the tokenizer names neither a token for the beginning of texts nor one for their end, so that the model"
                            + " cannot make texts; give a file with --prompts");
        }
        int[] tokens = {named.getAsInt()};
        return Collections.nCopies(
                count, new AnswerPrompt(tokens, JsonObject.empty().with(AnswerPrompt.TEXT, "")));
    }

    /**
     * Returns the prompts of what users say.
     *
     * @param texts the text of each user's turn
     */
    public static List<AnswerPrompt> asked(Processor processor, List<String> texts) {
        return texts.stream()
                .map(text -> AnswerPrompt.chat(processor, List.of(PromptFile.message(Message.Role.USER, text))))
                .toList();
    }
}
