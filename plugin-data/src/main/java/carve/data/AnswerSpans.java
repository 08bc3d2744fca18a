package carve.data;

import carve.api.json.JsonException;
import java.util.List;

/**
 * The tokens of answers in a conversation.
 *
 * @param answers for each token whether it belongs to an answer; not copied
 */
record AnswerSpans(boolean[] answers) {
    /**
     * Returns the weight of each token: that of its answer, and 0 outside of answers.
     *
     * @param given the weights of the answers in order; empty if each is 1
     * @throws JsonException if answers cannot be told apart
     */
    float[] weights(List<Float> given) {
        float[] weights = new float[answers.length];
        int answer = -1;
        for (int t = 0; t < answers.length; t++) {
            if (answers[t]) {
                answer += t == 0 || !answers[t - 1] ? 1 : 0;
                weights[t] = given.isEmpty() ? 1f : given.get(Math.min(answer, given.size() - 1));
            }
        }
        if (!given.isEmpty() && answer + 1 != given.size()) {
            throw new JsonException(
                    "cannot tell which tokens belong to which message: the chat template writes %d answers, and there are %d"
                            .formatted(answer + 1, given.size()));
        }
        return weights;
    }
}
