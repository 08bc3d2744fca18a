package carve.runtime.eval;

import carve.api.stage.ProgressListener;
import carve.api.text.Message;
import carve.runtime.eval.LlavaQuestions.Question;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An evaluation of conversations: several questions about the same images, with a score for the first, the second and so on. The
 * conversation before a question has the model's own answers, right or wrong.
 *
 * @param conversations the questions of each conversation, about the same images
 * @param turns the greatest number of questions in a conversation
 */
public record MultiTurnEvaluation(List<List<Question>> conversations, int turns) {
    /** Copies the lists. */
    public MultiTurnEvaluation {
        conversations = conversations.stream().map(List::copyOf).toList();
    }

    /** Returns conversations of the single questions about each image; each begins with another of them. */
    public static MultiTurnEvaluation of(List<Question> questions, int turns) {
        Map<List<Path>, List<Question>> pictures = new LinkedHashMap<>();
        questions.stream()
                .filter(question -> question.conversation().size() == 1)
                .forEach(question -> pictures.computeIfAbsent(question.images(), _ -> new ArrayList<>())
                        .add(question));
        List<List<Question>> conversations = new ArrayList<>();
        for (List<Question> all : pictures.values()) {
            int first = conversations.size() % all.size();
            List<Question> conversation = new ArrayList<>(all.subList(first, all.size()));
            conversation.addAll(all.subList(0, first));
            conversations.add(conversation.subList(0, Math.min(turns, conversation.size())));
        }
        return new MultiTurnEvaluation(conversations, turns);
    }

    /**
     * Returns the result of each turn.
     *
     * @throws IOException if a picture cannot be read
     */
    public List<ExactMatchEvaluation.Result> run(ExactMatchEvaluation exactMatchEvaluation, ProgressListener progress)
            throws IOException {
        List<List<Message>> said = new ArrayList<>();
        conversations.forEach(_ -> said.add(new ArrayList<>()));
        List<ExactMatchEvaluation.Result> results = new ArrayList<>();
        for (int turn = 0; turn < turns; turn++) {
            List<List<Message>> open = new ArrayList<>();
            List<Question> asked = new ArrayList<>();
            for (int i = 0; i < conversations.size(); i++) {
                if (turn < conversations.get(i).size()) {
                    Question question = conversations.get(i).get(turn);
                    said.get(i).add(turn == 0 ? question.conversation().getFirst() : followUp(question));
                    open.add(said.get(i));
                    asked.add(new Question(
                            question.id(),
                            question.category(),
                            question.images(),
                            said.get(i),
                            question.expectedAnswer()));
                }
            }
            ExactMatchEvaluation.Result result = exactMatchEvaluation.run(asked, progress);
            for (int i = 0; i < open.size(); i++) {
                open.get(i).add(Message.assistant(result.answers().get(i).answer()));
            }
            results.add(result);
        }
        return results;
    }

    // the picture has its place in the first question
    private static Message followUp(Question question) {
        return Message.user(question.text().replace("<image>", "").strip());
    }
}
