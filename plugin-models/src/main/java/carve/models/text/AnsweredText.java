package carve.models.text;

import carve.models.template.TextRange;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * The text of a conversation, and where the answers in it are.
 *
 * @param text the whole text
 * @param answers the answers, in order, each with what ends it
 */
public record AnsweredText(String text, List<TextRange> answers) {
    /** Copies the list. */
    public AnsweredText {
        answers = List.copyOf(answers);
    }

    /**
     * Returns the ids of the text, and which of them are training targets: those of the answers. Up to each answer the ids are
     * those of the text before it, as in generation; where that ends inside a token of the whole text, the token belongs to the
     * answer.
     *
     * @param encode the encoding of a text from the beginning of the conversation
     */
    public TokenizedConversation encode(Function<String, int[]> encode) {
        int[] ids = encode.apply(text);
        boolean[] mask = new boolean[ids.length];
        for (TextRange answer : answers) {
            int from = commonPrefix(ids, encode.apply(text.substring(0, answer.start())));
            int to = commonPrefix(ids, encode.apply(text.substring(0, answer.end())));
            Arrays.fill(mask, from, Math.max(from, to), true);
        }
        return new TokenizedConversation(ids, mask);
    }

    private static int commonPrefix(int[] left, int[] right) {
        int mismatch = Arrays.mismatch(left, right);
        return mismatch < 0 ? left.length : mismatch;
    }
}
