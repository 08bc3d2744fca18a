package carve.runtime.eval.recall;

import carve.api.param.CounterRandom;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Random choices in order, the same for the same seed and name on every machine. */
final class RecallRandom {
    private final CounterRandom random;
    private long drawn;

    RecallRandom(long seed, String name) {
        this.random = new CounterRandom(seed, name);
    }

    /** Returns a number from 0 (inclusive) to 1 (exclusive). */
    double uniform() {
        return random.uniform(drawn++);
    }

    /** Returns a number from 0 (inclusive) to a bound (exclusive). */
    int below(int bound) {
        return random.below(drawn++, bound);
    }

    long bits() {
        return random.bits(drawn++);
    }

    /** Returns a number between two, both inclusive. */
    int between(int least, int most) {
        return least + below(most - least + 1);
    }

    <T> T choose(List<T> choices) {
        return choices.get(below(choices.size()));
    }

    /** Returns different numbers from 0 (inclusive) to a bound (exclusive), in random order. */
    List<Integer> sample(int bound, int count) {
        if (count > bound) {
            throw new IllegalArgumentException("%d different numbers below %d".formatted(count, bound));
        }
        Set<Integer> chosen = new LinkedHashSet<>();
        // Floyd's algorithm (Bentley and Floyd 1987): as many draws as numbers
        for (int i = bound - count; i < bound; i++) {
            if (!chosen.add(below(i + 1))) {
                chosen.add(i);
            }
        }
        return shuffled(new ArrayList<>(chosen));
    }

    /** Returns the list in random order (Fisher and Yates). */
    <T> List<T> shuffled(List<T> list) {
        List<T> result = new ArrayList<>(list);
        for (int i = result.size() - 1; i > 0; i--) {
            int j = below(i + 1);
            T last = result.get(i);
            result.set(i, result.get(j));
            result.set(j, last);
        }
        return result;
    }

    /** Returns different values of a source, in the order in which they were drawn; {@code taken} are drawn again. */
    List<String> distinct(int count, Set<String> taken, Supplier<String> source) {
        Set<String> values = new LinkedHashSet<>();
        while (values.size() < count) {
            String value = source.get();
            if (!taken.contains(value)) {
                values.add(value);
            }
        }
        return new ArrayList<>(values);
    }

    /** Returns random letters from a first one on, 26 in all. */
    String letters(char first, int count) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < count; i++) {
            text.append((char) (first + below(26)));
        }
        return text.toString();
    }
}
