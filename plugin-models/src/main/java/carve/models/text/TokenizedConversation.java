package carve.models.text;

/**
 * A tokenised conversation.
 *
 * @param ids the tokens, T of them; the receiver owns them
 * @param answerMask for each token whether it is a training target
 */
public record TokenizedConversation(int[] ids, boolean[] answerMask) {
    /** Checks that there are as many flags as tokens. */
    public TokenizedConversation {
        if (ids.length != answerMask.length) {
            throw new TextException("chat tokens: %d ids and %d flags".formatted(ids.length, answerMask.length));
        }
    }
}
