package carve.runtime.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

final class PredictionDivergenceTest {
    @Test
    void isTheMeanOfLogarithmicRatios() {
        float[] p = {0, (float) Math.log(3), 7, 7}; // 1/4, 3/4 and 1/2, 1/2
        float[] q = {5, 5, 0, (float) Math.log(3)};
        assertEquals(0.25 * Math.log(0.5) + 0.75 * Math.log(1.5), PredictionDivergence.divergence(p, q, 0, 2), 1e-7);
        assertEquals(0.5 * Math.log(2) + 0.5 * Math.log(2.0 / 3), PredictionDivergence.divergence(p, q, 2, 2), 1e-7);
    }

    @Test
    void isZeroForTheSamePredictionsHoweverTheyAreShifted() {
        assertEquals(
                0,
                PredictionDivergence.divergence(new float[] {-900, 1, 2, 3}, new float[] {-1000, -99, -98, -97}, 1, 3),
                1e-6);
    }

    @Test
    void saysWhatWasMeasured() {
        assertEquals(
                "KL divergence from the original: mean 0.00123 nats per token, max 0.0450; same top token: 99.5 %",
                new PredictionDivergence(200, 0.00123, 0.045, 0.995).toString());
    }
}
