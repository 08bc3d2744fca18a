package carve.app.suite;

import java.util.List;
import java.util.Map;

/**
 * A question of a suite.
 *
 * @param id what its answer is kept by; no other of the suite has it
 * @param place where it stands, for messages
 * @param question the words
 * @param hint what is told beside it; empty where there is nothing
 * @param choices the answers to choose from, whose letters are A, B, C and so on; empty where words are asked for
 * @param pictures its pictures, none or one
 * @param answers what is right: a letter, a word, or what several people said; empty where it is not told
 * @param facts what scores are grouped by
 */
public record Item(
        String id,
        String place,
        String question,
        String hint,
        List<String> choices,
        List<Media> pictures,
        List<String> answers,
        Map<String, String> facts) {
    private static final char FIRST = 'A';

    /** Copies the collections. */
    public Item {
        choices = List.copyOf(choices);
        pictures = List.copyOf(pictures);
        answers = List.copyOf(answers);
        facts = Map.copyOf(facts);
    }

    /** Makes a question without choices. */
    static Item open(
            String id, String place, String question, Media picture, List<String> answers, Map<String, String> facts) {
        return new Item(id, place, question, "", List.of(), List.of(picture), answers, facts);
    }

    /** Returns the only right answer. */
    public String answer() {
        return answers.getFirst();
    }

    /** Returns what is known of the question by this name; empty if nothing is. */
    public String fact(String name) {
        return facts.getOrDefault(name, "");
    }

    /** Returns the letter of a choice, counted from 0. */
    static String letter(int choice) {
        return String.valueOf((char) (FIRST + choice));
    }
}
