package carve.app.work;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Tokens are chosen as the settings say. */
final class SamplerTest {
    private static final float[] LOGITS = {9, 9, 1, 3, 2, 3, 0, 9};

    private static Set<Integer> chosen(Sampler sampler) {
        Set<Integer> chosen = new TreeSet<>();
        for (int draw = 0; draw < 2000; draw++) {
            chosen.add(sampler.choose(LOGITS, 2, 5, draw));
        }
        return chosen;
    }

    @Test
    void greedyTakesTheFirstOfTheMostProbable() {
        assertEquals(1, Sampler.greedy(Set.of()).choose(LOGITS, 2, 5, 0));
    }

    @Test
    void excludedTokensAreNeverChosen() {
        assertEquals(3, Sampler.greedy(Set.of(1)).choose(LOGITS, 2, 5, 0));
        assertEquals(Set.of(0, 2, 4), chosen(new Sampler(1, 0, 1, 42, Set.of(1, 3, 99))));
    }

    @Test
    void highTemperaturesReachEveryToken() {
        assertEquals(Set.of(0, 1, 2, 3, 4), chosen(new Sampler(5, 0, 1, 42, Set.of())));
    }

    @Test
    void topKKeepsTheMostProbable() {
        assertEquals(Set.of(1, 3), chosen(new Sampler(5, 2, 1, 42, Set.of())));
    }

    @Test
    void topPKeepsTheSmallestSetWithTheShare() {
        // the two largest have 2 e^3 of 2 e^3 + e^2 + e + 1, which is 78 %
        assertEquals(Set.of(1, 3), chosen(new Sampler(1, 0, 0.7, 42, Set.of())));
        assertEquals(Set.of(1, 2, 3), chosen(new Sampler(1, 0, 0.8, 42, Set.of())));
    }

    @Test
    void frequenciesAreThoseOfTheSoftmax() {
        int threes = 0;
        Sampler sampler = new Sampler(1, 0, 1, 42, Set.of());
        for (int draw = 0; draw < 20_000; draw++) {
            threes += sampler.choose(LOGITS, 2, 5, draw) == 3 ? 1 : 0;
        }
        double sum = 2 * Math.exp(3) + Math.exp(2) + Math.E + 1;
        assertEquals(Math.exp(3) / sum, threes / 20_000.0, 0.01);
    }

    @Test
    void aSeedGivesTheSameChoices() {
        for (int draw = 0; draw < 100; draw++) {
            assertEquals(
                    new Sampler(2, 0, 1, 7, Set.of()).choose(LOGITS, 0, 8, draw),
                    new Sampler(2, 0, 1, 7, Set.of()).choose(LOGITS, 0, 8, draw));
        }
        assertTrue(chosen(new Sampler(2, 0, 1, 7, Set.of())).size() > 1);
    }

    @Test
    void rangesAreChecked() {
        var error = assertThrows(IllegalArgumentException.class, () -> new Sampler(-1, 0, 1, 42, Set.of()));
        assertEquals(
                "temperature must be 0 or more, top-k 0 or more, top-p above 0 and at most 1; found -1.0, 0, 1.0",
                error.getMessage());
    }
}
