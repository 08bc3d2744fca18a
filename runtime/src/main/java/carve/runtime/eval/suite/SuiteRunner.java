package carve.runtime.eval.suite;

import carve.api.stage.ProgressListener;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Asks the questions of a suite, those first that have no answer yet.
 *
 * @param template the words
 * @param chunkSize how many questions are handed over at a time, and kept when they are answered
 */
public record SuiteRunner(PromptTemplate template, int chunkSize) {
    /** Returns the first questions, so many at least; groups that they belong to are whole. */
    public static List<Question> subset(Suite suite, List<Question> items, int limit) {
        Set<String> groups = new LinkedHashSet<>();
        items.subList(0, Math.min(limit, items.size())).forEach(question -> groups.add(suite.group(question)));
        return items.stream()
                .filter(question -> groups.contains(suite.group(question)))
                .toList();
    }

    /**
     * Returns the answers to the questions, in their order.
     *
     * @throws IOException if a picture cannot be read
     */
    public List<Prediction> run(
            List<Question> items,
            AnswerGenerator answerGenerator,
            PredictionStore predictionStore,
            ProgressListener progressListener)
            throws IOException {
        List<Question> open = items.stream()
                .filter(question -> !predictionStore.answers().containsKey(question.id()))
                .toList();
        for (int from = 0; from < open.size(); from += chunkSize) {
            List<Question> next = open.subList(from, Math.min(open.size(), from + chunkSize));
            List<List<Message>> conversations = new ArrayList<>();
            for (Question question : next) {
                conversations.add(conversation(question));
            }
            List<String> answers = answerGenerator.generate(conversations, template.maxTokens());
            for (int i = 0; i < next.size(); i++) {
                predictionStore.add(next.get(i), template.of(next.get(i)), answers.get(i));
            }
            progressListener.step(items.size() - open.size() + from + next.size(), items.size(), 0, 0);
        }
        return items.stream()
                .map(question ->
                        new Prediction(question, predictionStore.answers().get(question.id())))
                .toList();
    }

    private List<Message> conversation(Question question) throws IOException {
        List<EncodedImage> pictures = new ArrayList<>();
        for (PictureSource pictureSource : question.pictures()) {
            pictures.add(pictureSource.read());
        }
        return List.of(new Message(Message.Role.USER, template.of(question), pictures));
    }
}
