package carve.api.param;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.tensor.Shape;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Random numbers, and the initial values made of them. */
final class CounterRandomTest {
    private final CounterRandom random = new CounterRandom(42, "layers.0.mixer.A_log");

    @Test
    void numbersAreAFunctionOfSeedNameAndIndex() {
        assertEquals(random.bits(7), new CounterRandom(42, "layers.0.mixer.A_log").bits(7));
        assertNotEquals(random.bits(7), random.bits(8));
        assertNotEquals(random.bits(7), new CounterRandom(43, "layers.0.mixer.A_log").bits(7));
        assertNotEquals(random.bits(7), new CounterRandom(42, "layers.1.mixer.A_log").bits(7));
    }

    @Test
    void uniformNumbersFillTheirRange() {
        double[] values =
                IntStream.range(0, 10_000).mapToDouble(random::uniform).toArray();
        assertEquals(
                0.5,
                IntStream.range(0, values.length)
                        .mapToDouble(i -> values[i])
                        .average()
                        .orElseThrow(),
                0.01);
        assertTrue(IntStream.range(0, values.length).allMatch(i -> values[i] >= 0 && values[i] < 1));
        for (int tenth = 0; tenth < 10; tenth++) {
            int t = tenth;
            long count = IntStream.range(0, values.length)
                    .filter(i -> (int) (10 * values[i]) == t)
                    .count();
            assertEquals(1000, count, 120, "numbers in tenth " + tenth);
        }
        assertTrue(
                IntStream.range(0, 1000).map(i -> random.below(i, 3)).distinct().count() == 3);
    }

    @Test
    void normalNumbersHaveMeanZeroAndDeviationOne() {
        double[] values = IntStream.range(0, 20_000).mapToDouble(random::normal).toArray();
        double mean = IntStream.range(0, values.length)
                .mapToDouble(i -> values[i])
                .average()
                .orElseThrow();
        double square = IntStream.range(0, values.length)
                .mapToDouble(i -> values[i] * values[i])
                .average()
                .orElseThrow();
        assertEquals(0, mean, 0.02);
        assertEquals(1, square, 0.03);
    }

    @Test
    void initialValuesKeepTheirBounds() {
        Shape shape = Shape.of(40, 60);
        assertWithin(-0.1, 0.1, Init.fanIn(100), shape);
        double glorot = 0.5 * Math.sqrt(6.0 / 100);
        assertWithin(-glorot, glorot, Init.xavier(0.5), shape);
        assertWithin(0, Math.log(16), Init.logUniform(1, 16), shape);
        for (float value : Init.softplusLogUniform(1e-3, 1e-1, 1e-4).values(shape, random)) {
            double step = Math.log1p(Math.exp(value));
            assertTrue(step > 0.999e-3 && step < 1.001e-1, "time step " + step);
        }
        assertEquals(1, Init.ONES.value(shape, random, 5));
    }

    private void assertWithin(double low, double high, Init init, Shape shape) {
        float[] values = init.values(shape, random);
        double least = IntStream.range(0, values.length)
                .mapToDouble(i -> values[i])
                .min()
                .orElseThrow();
        double most = IntStream.range(0, values.length)
                .mapToDouble(i -> values[i])
                .max()
                .orElseThrow();
        assertTrue(least >= low - 1e-6 && most <= high + 1e-6, least + " to " + most);
        assertTrue(least < low + 0.02 * (high - low) && most > high - 0.02 * (high - low), "range is filled");
    }
}
