package carve.models.text;

/**
 * A tokenised conversation.
 *
 * @param ids the tokens, T of them; the receiver owns them
 * @param answers for each token whether the model is to say it
 */
public record ChatTokens(int[] ids, boolean[] answers) {
    /** Checks that there are as many flags as tokens. */
    public ChatTokens {
        if (ids.length != answers.length) {
            throw new TextException("chat tokens: %d ids and %d flags".formatted(ids.length, answers.length));
        }
    }
}
