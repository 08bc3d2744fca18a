package carve.runtime.eval.suite;

import java.util.List;
import java.util.Map;

/**
 * A question of a suite.
 *
 * @param id what its answer is kept by; no other of the suite has it
 * @param location where it stands, for messages
 * @param text the words
 * @param hint what is told beside it; empty where there is nothing
 * @param choices the answers to choose from, whose letters are A, B, C and so on; empty where words are asked for
 * @param pictures its pictures, none or one
 * @param answers what is right: a letter, a word, or what several people said; empty where it is not told
 * @param attributes what scores are grouped by
 */
public record Question(
        String id,
        String location,
        String text,
        String hint,
        List<String> choices,
        List<PictureSource> pictures,
        List<String> answers,
        Map<String, String> attributes) {
    private static final char FIRST = 'A';

    /** Copies the collections. */
    public Question {
        choices = List.copyOf(choices);
        pictures = List.copyOf(pictures);
        answers = List.copyOf(answers);
        attributes = Map.copyOf(attributes);
    }

    /** Makes a question without choices. */
    static Question openEnded(
            String id,
            String place,
            String question,
            PictureSource picture,
            List<String> answers,
            Map<String, String> facts) {
        return new Question(id, place, question, "", List.of(), List.of(picture), answers, facts);
    }

    /** Returns the only right answer. */
    public String answer() {
        return answers.getFirst();
    }

    /** Returns what is known of the question by this name; empty if nothing is. */
    public String attribute(String name) {
        return attributes.getOrDefault(name, "");
    }

    /** Returns the letter of a choice, counted from 0. */
    static String letter(int choice) {
        return String.valueOf((char) (FIRST + choice));
    }
}
