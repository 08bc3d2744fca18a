package carve.runtime.eval.recall;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.data.Batch;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class MqarTest {
    private static final RecallRandom RANDOM = new RecallRandom(42, "test");

    // the example in the documentation of zoology's multiquery_ar; it says a vocabulary of 12, which their own check
    // refuses
    @Test
    void isTheWorkedExampleOfItsAuthors() {
        Mqar.Row row =
                new Mqar(18, 16, 2, 0.01, false).row(new int[] {2, 4}, new int[] {8, 7}, new int[] {4, 1}, RANDOM);
        assertArrayEquals(new int[] {2, 8, 4, 7, 0, 0, 4, 0, 0, 0, 0, 0, 2, 0, 0, 0}, row.inputs());
        int[] labels = new int[16];
        Arrays.fill(labels, Batch.IGNORE_INDEX);
        labels[6] = 7;
        labels[12] = 8;
        assertArrayEquals(labels, row.labels());
    }

    @Test
    void keysAndValuesAreDifferentAndComeAgain() {
        Mqar mqar = new Mqar(8192, 200, 13, Mqar.ALPHA, true);
        Mqar.Row row = mqar.row(42);
        int[] keys = IntStream.range(0, 13).map(i -> row.inputs()[2 * i]).toArray();
        int[] values = IntStream.range(0, 13).map(i -> row.inputs()[2 * i + 1]).toArray();
        assertEquals(
                13,
                Arrays.stream(keys).filter(k -> k >= 1 && k < 4096).distinct().count());
        assertEquals(
                13,
                Arrays.stream(values)
                        .filter(v -> v >= 4096 && v < 8192)
                        .distinct()
                        .count());
        for (int t = 0; t < 200; t++) {
            if (row.labels()[t] != Batch.IGNORE_INDEX) {
                int value = row.labels()[t];
                int pair = IntStream.range(0, 13)
                        .filter(i -> values[i] == value)
                        .findFirst()
                        .orElseThrow();
                assertEquals(keys[pair], row.inputs()[t]);
            }
        }
        assertEquals(13, Arrays.stream(row.labels()).filter(label -> label >= 0).count());
        assertTrue(Arrays.stream(row.inputs()).allMatch(token -> token >= 0 && token < 8192));
    }

    @Test
    void nearPlacesAreLikelierUnlessThePowerIsOne() {
        assertTrue(meanPlace(Mqar.ALPHA) < 0.6 * meanPlace(1));
    }

    private static double meanPlace(double alpha) {
        Mqar mqar = new Mqar(1000, 200, 5, alpha, true);
        return IntStream.range(0, 200)
                .flatMap(seed -> {
                    int[] labels = mqar.row(seed).labels();
                    return IntStream.range(0, 200).filter(t -> labels[t] != Batch.IGNORE_INDEX);
                })
                .average()
                .orElseThrow();
    }

    @Test
    void theSeedDecides() {
        Mqar mqar = new Mqar(65, 64, 5, Mqar.ALPHA, true);
        assertArrayEquals(mqar.row(42).inputs(), mqar.row(42).inputs());
        assertNotEquals(
                Arrays.toString(mqar.row(42).inputs()),
                Arrays.toString(mqar.row(43).inputs()));
    }

    @Test
    void accuracyCountsQueriesAlone() {
        Mqar.Row row = new Mqar.Row(new int[4], new int[] {-100, 5, -100, 6});
        assertEquals(0.5, Mqar.accuracy(List.of(row), List.of(new int[] {9, 5, 9, 7})));
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertEquals(
                "mqar: needs an even length, 4 x pairs <= length < vocabulary and alpha > 0; found length 16, pairs 5, vocabulary 12, alpha"
                        + " 0.01",
                assertThrows(IllegalArgumentException.class, () -> new Mqar(12, 16, 5, 0.01, true))
                        .getMessage());
    }
}
