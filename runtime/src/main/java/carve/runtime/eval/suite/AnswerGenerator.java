package carve.runtime.eval.suite;

import carve.api.text.Message;
import java.io.IOException;
import java.util.List;

/** Whoever answers questions: a model, as a rule. */
@FunctionalInterface
public interface AnswerGenerator {
    /**
     * Returns the answers to conversations, in their order.
     *
     * @param prompts the conversations, each up to the answer
     * @param maxTokens the longest answer
     * @throws IOException if a picture cannot be read
     */
    List<String> generate(List<List<Message>> prompts, int maxTokens) throws IOException;
}
