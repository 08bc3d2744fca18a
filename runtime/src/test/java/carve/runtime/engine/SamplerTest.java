package carve.runtime.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.SampleToken;
import carve.api.param.CounterRandom;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.BitSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Tokens are chosen as the settings say. */
final class SamplerTest {
    private static final float[] LOGITS = {9, 9, 1, 3, 2, 3, 0, 9};

    private static Set<Integer> chosen(Sampler sampler) {
        Set<Integer> chosen = new TreeSet<>();
        for (int draw = 0; draw < 2000; draw++) {
            chosen.add(sampler.sample(LOGITS, 2, 5, draw));
        }
        return chosen;
    }

    @Test
    void greedyTakesTheFirstOfTheMostProbable() {
        assertEquals(1, Sampler.greedy(Set.of()).sample(LOGITS, 2, 5, 0));
    }

    @Test
    void excludedTokensAreNeverChosen() {
        assertEquals(3, Sampler.greedy(Set.of(1)).sample(LOGITS, 2, 5, 0));
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
    void minPKeepsWhatIsProbableBesideTheBest() {
        // the shares of the greatest probability are 1, e^-1, e^-2 and e^-3
        assertEquals(Set.of(1, 3), chosen(new Sampler(1, 0, 1, 0.4, 1, 42, Set.of())));
        assertEquals(Set.of(1, 2, 3), chosen(new Sampler(1, 0, 1, 0.3, 1, 42, Set.of())));
        assertEquals(Set.of(0, 1, 2, 3, 4), chosen(new Sampler(3, 0, 1, 0.3, 1, 42, Set.of())));
        assertThrows(IllegalArgumentException.class, () -> new Sampler(1, 0, 1, 1.5, 1, 42, Set.of()));
    }

    /** Positive logits are divided, negative ones multiplied. */
    @Test
    void tokensThatWereThereArePenalised() {
        float[] logits = {4, 3, -1, -1.5f};
        BitSet seen = new BitSet();
        Sampler sampler = new Sampler(0, 0, 1, 0, 2, 42, Set.of());
        assertEquals(0, sampler.sample(logits, 0, 4, 0, seen));
        seen.set(0);
        assertEquals(1, sampler.sample(logits, 0, 4, 0, seen));
        assertEquals(0, Sampler.greedy(Set.of()).sample(logits, 0, 4, 0, seen));
        assertEquals(3, new Sampler(0, 0, 1, 0, 2, 42, Set.of(0, 1)).sample(logits, 0, 4, 0, all(2)));
        assertThrows(IllegalArgumentException.class, () -> new Sampler(1, 0, 1, 0, 0, 42, Set.of()));
    }

    private static BitSet all(int... tokens) {
        BitSet set = new BitSet();
        IntStream.of(tokens).forEach(set::set);
        return set;
    }

    @Test
    void frequenciesAreThoseOfTheSoftmax() {
        int threes = 0;
        Sampler sampler = new Sampler(1, 0, 1, 42, Set.of());
        for (int draw = 0; draw < 20_000; draw++) {
            threes += sampler.sample(LOGITS, 2, 5, draw) == 3 ? 1 : 0;
        }
        double sum = 2 * Math.exp(3) + Math.exp(2) + Math.E + 1;
        assertEquals(Math.exp(3) / sum, threes / 20_000.0, 0.01);
    }

    @Test
    void aSeedGivesTheSameChoices() {
        for (int draw = 0; draw < 100; draw++) {
            assertEquals(
                    new Sampler(2, 0, 1, 7, Set.of()).sample(LOGITS, 0, 8, draw),
                    new Sampler(2, 0, 1, 7, Set.of()).sample(LOGITS, 0, 8, draw));
        }
        assertTrue(chosen(new Sampler(2, 0, 1, 7, Set.of())).size() > 1);
    }

    /** The definition: sorts the vocabulary, and goes through it. */
    private static int sorted(Sampler sampler, float[] row, long draw) {
        int[] order = IntStream.range(0, row.length)
                .filter(i -> !sampler.excluded().contains(i))
                .boxed()
                .sorted((a, b) -> Float.compare(row[b], row[a]))
                .limit(sampler.topK() == 0 ? row.length : sampler.topK())
                .mapToInt(Integer::intValue)
                .toArray();
        double[] weights = IntStream.of(order)
                .mapToDouble(i -> Math.exp((row[i] - (double) row[order[0]]) / sampler.temperature()))
                .toArray();
        double all = DoubleStream.of(weights).sum();
        int kept = 0;
        double mass = 0;
        while (kept < order.length && mass < sampler.topP() * all) {
            mass += weights[kept++];
        }
        double left = new CounterRandom(sampler.seed(), "sample").uniform(draw) * mass;
        for (int i = 0; i < kept; i++) {
            left -= weights[i];
            if (left < 0) {
                return order[i];
            }
        }
        return order[kept - 1];
    }

    @Test
    void choosesWhatSortingTheVocabularyWould() {
        CounterRandom random = new CounterRandom(42, "logits");
        for (int size : new int[] {1, 2, 5, 13, 64, 200, 3001}) {
            for (int trial = 0; trial < 12; trial++) {
                float[] row = new float[size];
                for (int i = 0; i < size; i++) {
                    double x = 3 * random.normal((long) trial * size + i);
                    row[i] = (float) (trial % 3 == 0 ? Math.rint(x) : x); // many are equal
                }
                for (Sampler sampler : List.of(
                        new Sampler(1, 0, 1, trial, Set.of()),
                        new Sampler(0.7, 40, 0.9, trial, Set.of(1)),
                        new Sampler(1.5, 7, 1, trial, Set.of()),
                        new Sampler(1, 0, 0.5, trial, Set.of(2)))) {
                    for (int draw = 0; draw < 20; draw++) {
                        assertEquals(
                                sorted(sampler, row, draw), sampler.sample(row, 0, size, draw), sampler.toString());
                    }
                }
            }
        }
    }

    @Test
    void probabilitiesAreThoseOfTheSoftmaxWithinWhatIsKept() {
        double kept = 2 * Math.exp(3) + Math.exp(2);
        double[] probabilities = new Sampler(1, 3, 1, 42, Set.of()).probabilities(LOGITS, 2, 5);
        double[] expected = {0, Math.exp(3) / kept, Math.exp(2) / kept, Math.exp(3) / kept, 0};
        assertArrayEquals(expected, probabilities, 1e-12);
        assertArrayEquals(
                new double[] {0, 0, 0, 1, 0}, Sampler.greedy(Set.of(1)).probabilities(LOGITS, 2, 5));
    }

    @Test
    void oneTokenMustBeLeft() {
        var error = assertThrows(
                IllegalArgumentException.class, () -> new Sampler(1, 0, 1, 42, Set.of(0, 1)).sample(LOGITS, 0, 2, 0));
        assertEquals("cannot sample: all 2 tokens are excluded", error.getMessage());
    }

    @Test
    void rangesAreChecked() {
        var error = assertThrows(IllegalArgumentException.class, () -> new Sampler(-1, 0, 1, 42, Set.of()));
        assertEquals(
                "temperature must be 0 or more, top-k 0 or more, top-p above 0 and at most 1; found -1.0, 0, 1.0",
                error.getMessage());
    }

    @Test
    void rowsOfATensorAreChosenAsArraysAre() {
        float[] values = {1, 3, 2, 0.5f, 2, 2.5f, -1, 2.4f, 1, 2, 3, Float.NaN, 1, Float.POSITIVE_INFINITY, 3, 4};
        for (Sampler sampler : List.of(new Sampler(0.8, 3, 0.9, 42, Set.of(3)), Sampler.greedy(Set.of(3)))) {
            int first = sampler.sample(values, 0, 4, 10);
            int second = sampler.sample(values, 4, 4, 11);
            assertThrows(EngineException.class, () -> sampler.sample(values, 8, 4, 12));
            assertThrows(EngineException.class, () -> sampler.sample(values, 12, 4, 13));
            try (Device device = new ReferenceDevice()) {
                List<Double> draws = IntStream.range(10, 14)
                        .mapToObj(draw -> sampler.uniform("sample", draw))
                        .toList();
                List<Tensor> chosen = sampler.sampleOnDevice(Tensors.of(device, Shape.of(4, 4), values), draws);
                assertArrayEquals(new int[] {first, second, 0, 0}, chosen.get(0).ints());
                assertArrayEquals(
                        new int[] {first, second, SampleToken.NOT_FINITE, SampleToken.NOT_FINITE},
                        chosen.get(1).ints());
            }
        }
    }

    @Test
    void definitionOfTheOpChoosesTheSame() {
        float[] values = {1, 3, 2, 0.5f, 2, 2.5f, -1, 2.4f, 3, 3, 0, 2.9f};
        for (double temperature : new double[] {0, 0.5, 2}) {
            for (int topK : new int[] {0, 2}) {
                Sampler sampler = new Sampler(temperature, topK, 0.7, 42, Set.of(1));
                for (long draw = 0; draw < 20; draw++) {
                    assertArrayEquals(
                            new int[] {
                                sampler.sample(values, 0, 4, draw),
                                sampler.sample(values, 4, 4, draw + 1),
                                sampler.sample(values, 8, 4, draw + 2)
                            },
                            defined(sampler, values, draw));
                }
            }
        }
    }

    private static int[] defined(Sampler sampler, float[] values, long draw) {
        List<Double> draws = List.of(
                sampler.uniform("sample", draw),
                sampler.uniform("sample", draw + 1),
                sampler.uniform("sample", draw + 2));
        var op = new SampleToken(
                sampler.temperature(), sampler.topK(), sampler.topP(), List.copyOf(sampler.excluded()), draws);
        try (Device device = new ReferenceDevice()) {
            return op.reference(List.of(Tensors.of(device, Shape.of(3, 4), values)))
                    .getFirst()
                    .ints();
        }
    }
}
