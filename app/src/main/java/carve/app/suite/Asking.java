package carve.app.suite;

import carve.api.model.Message;
import carve.api.model.Picture;
import carve.api.stage.Progress;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Asks the questions of a suite, those first that have no answer yet.
 *
 * @param prompts the words
 * @param window how many questions are handed over at a time, and kept when they are answered
 */
public record Asking(Prompts prompts, int window) {
    /** Returns the first questions, so many at least; groups that they belong to are whole. */
    public static List<Item> first(Suite suite, List<Item> items, int limit) {
        Set<String> groups = new LinkedHashSet<>();
        items.subList(0, Math.min(limit, items.size())).forEach(item -> groups.add(suite.group(item)));
        return items.stream().filter(item -> groups.contains(suite.group(item))).toList();
    }

    /**
     * Returns the answers to the questions, in their order.
     *
     * @throws IOException if a picture cannot be read
     */
    public List<Answered> run(List<Item> items, Answerer answerer, Predictions predictions, Progress progress)
            throws IOException {
        List<Item> open = items.stream()
                .filter(item -> !predictions.answers().containsKey(item.id()))
                .toList();
        for (int from = 0; from < open.size(); from += window) {
            List<Item> next = open.subList(from, Math.min(open.size(), from + window));
            List<List<Message>> conversations = new ArrayList<>();
            for (Item item : next) {
                conversations.add(conversation(item));
            }
            List<String> answers = answerer.answers(conversations, prompts.maxTokens());
            for (int i = 0; i < next.size(); i++) {
                predictions.add(next.get(i), prompts.of(next.get(i)), answers.get(i));
            }
            progress.step(items.size() - open.size() + from + next.size(), items.size(), 0, 0);
        }
        return items.stream()
                .map(item -> new Answered(item, predictions.answers().get(item.id())))
                .toList();
    }

    private List<Message> conversation(Item item) throws IOException {
        List<Picture> pictures = new ArrayList<>();
        for (Media media : item.pictures()) {
            pictures.add(media.read());
        }
        return List.of(new Message(Message.Role.USER, prompts.of(item), pictures));
    }
}
