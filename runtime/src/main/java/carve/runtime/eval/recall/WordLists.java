package carve.runtime.eval.recall;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The English words that recall tasks are made of.
 *
 * @param adjectives common adjectives
 * @param nouns common nouns
 * @param verbs common verbs
 * @param firstNames first names of people
 * @param lastNames last names of people
 */
record WordLists(
        List<String> adjectives,
        List<String> nouns,
        List<String> verbs,
        List<String> firstNames,
        List<String> lastNames) {

    /** Reads the lists. */
    static WordLists read() {
        return new WordLists(
                lines("adjectives"), lines("nouns"), lines("verbs"), lines("first-names"), lines("last-names"));
    }

    /** Returns a random {@code adjective-noun}, as RULER's keys are. */
    String compound(RecallRandom random) {
        return random.choose(adjectives) + "-" + random.choose(nouns);
    }

    /** Returns different words in random order: single ones, and beyond those, compounds. */
    List<String> distinct(int count, RecallRandom random) {
        Set<String> all = new LinkedHashSet<>(nouns);
        all.addAll(adjectives);
        all.addAll(verbs);
        List<String> single = random.shuffled(new ArrayList<>(all));
        if (count <= single.size()) {
            return single.subList(0, count);
        }
        requireCompounds(count - single.size());
        single.addAll(random.distinct(count - single.size(), Set.of(), () -> compound(random)));
        return random.shuffled(single);
    }

    // half of them, so that drawing different ones ends soon
    private void requireCompounds(int count) {
        if (count > adjectives.size() * nouns.size() / 2) {
            throw new RecallException(
                    "%d different words are more than there are; take a shorter length".formatted(count));
        }
    }

    private static List<String> lines(String name) {
        try (InputStream in = WordLists.class.getResourceAsStream(name + ".txt")) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + ".txt is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
