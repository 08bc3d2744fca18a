package carve.runtime.eval.recall;

import java.util.List;

/**
 * An example of a recall task. What a model continues is the prompt followed by the answer's prefix.
 *
 * @param prompt the text with its question
 * @param answerPrefix how the answer begins, with the white space before it
 * @param answers what must be recalled
 * @param answer the whole answer as a text that follows the prefix, for training
 * @param distractors wrong answers of the same kind, for scoring by likelihood; empty if the task has no single answer
 * @param maxNewTokens the most tokens that are generated
 * @param match how what was generated is scored
 */
public record RecallExample(
        String prompt,
        String answerPrefix,
        List<String> answers,
        String answer,
        List<String> distractors,
        int maxNewTokens,
        AnswerMatch match) {
    /** Copies the lists. */
    public RecallExample {
        answers = List.copyOf(answers);
        distractors = List.copyOf(distractors);
        if (answers.isEmpty() || maxNewTokens < 1) {
            throw new IllegalArgumentException("an example needs an answer, and 1 new token or more");
        }
    }

    /** Returns the prompt with the prefix, which a model continues. */
    public String input() {
        return prompt + answerPrefix;
    }

    /** Returns the whole text with its answer, for training. */
    public String text() {
        return input() + answer;
    }

    /** Returns the score of a generated text, 0 to 1. */
    public double score(String generated) {
        return match.score(generated, answers);
    }
}
