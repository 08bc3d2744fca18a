package carve.api.mixer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.Rope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RotaryEmbeddingTest {
    private static final RotaryEmbedding DYNAMIC = new RotaryEmbedding(1e6, 128, 32768, new RopeScaling.Dynamic(2));

    @Test
    void baseGrowsOnlyBeyondWhatTheModelWasTrainedFor() {
        double[] trained = RopeScaling.frequencies(1e6, 128);
        assertArrayEquals(trained, DYNAMIC.scaling().frequencies(DYNAMIC, 32768));
        assertArrayEquals(
                RopeScaling.frequencies(1e6 * Math.pow(3, 128 / 126.0), 128),
                DYNAMIC.scaling().frequencies(DYNAMIC, 65536),
                1e-15);
        RotaryEmbedding unscaled = new RotaryEmbedding(1e6, 128, 32768);
        assertArrayEquals(trained, unscaled.scaling().frequencies(unscaled, 1_000_000));
    }

    @Test
    void longWavesAreDividedAndShortOnesStay() {
        RotaryEmbedding llama = new RotaryEmbedding(1e4, 64, 128, new RopeScaling.Llama3(8, 1, 4, 64));
        RotaryEmbedding yarn = new RotaryEmbedding(1e4, 64, 128, new RopeScaling.Yarn(8, 64, 1.5, 8, 1, true));
        double[] unscaled = RopeScaling.frequencies(1e4, 64);
        for (RotaryEmbedding rope : List.of(llama, yarn)) {
            double[] scaled = rope.scaling().frequencies(rope, 1);
            assertEquals(unscaled[0], scaled[0]);
            assertEquals(unscaled[31] / 8, scaled[31], 1e-12);
            for (int i = 0; i < 32; i++) {
                assertTrue(scaled[i] <= unscaled[i] && scaled[i] >= unscaled[i] / 8 - 1e-15, "pair " + i);
            }
        }
        assertEquals(1.5, yarn.cos(new int[] {0}, 1)[0]);
    }

    @Test
    void factorsOfLongRopeAreChosenByTheLengthOfTheSequence() {
        double attention = RopeScaling.LongRope.attentionFactor(32, 4096);
        assertEquals(1.190238, attention, 1e-6); // Phi-3.5-mini
        assertEquals(1, RopeScaling.LongRope.attentionFactor(0.5, 4096));
        var scaling = new RopeScaling.LongRope(List.of(1.0, 2.0), List.of(4.0, 8.0), 32, attention);
        RotaryEmbedding rope = new RotaryEmbedding(100, 4, 128, scaling);
        assertArrayEquals(new double[] {1, 0.05}, scaling.frequencies(rope, 32), 1e-15);
        assertArrayEquals(new double[] {0.25, 0.0125}, scaling.frequencies(rope, 33), 1e-15);
        assertEquals((float) (attention * Math.cos(0.25)), rope.cos(new int[] {1}, 33)[0]);
        assertEquals(
                "rotary: 6 elements of a head are rotated, which needs 3 short and long factors; there are 2",
                assertThrows(IllegalArgumentException.class, () -> new RotaryEmbedding(100, 6, 128, scaling))
                        .getMessage());
        assertThrows(
                IllegalArgumentException.class, () -> new RopeScaling.LongRope(List.of(1.0, 2.0), List.of(4.0), 32, 1));
    }

    @Test
    void elementsArePairedAsSaid() {
        try (Device device = new ReferenceDevice()) {
            RotaryEmbedding half = new RotaryEmbedding(100, 4, 128);
            Tensor x = Tensors.of(device, Shape.of(1, 1, 1, 5), 1, 2, 3, 4, 5f);
            Tensor reordered = Tensors.of(device, Shape.of(1, 1, 1, 5), 1, 3, 2, 4, 5f);
            float[] interleaved = half.withPairing(Rope.Pairing.INTERLEAVED)
                    .rotate(x, new int[] {3}, 4)
                    .floats();
            float[] halves = half.rotate(reordered, new int[] {3}, 4).floats();
            assertArrayEquals(new float[] {halves[0], halves[2], halves[1], halves[3], halves[4]}, interleaved);
            assertSame(x, RotaryEmbedding.NONE.rotate(x, new int[] {3}, 4));
        }
    }

    @Test
    void tablesHoldTheAnglesOfPositions() {
        RotaryEmbedding rotaryEmbedding = new RotaryEmbedding(100, 4, 4096);
        float[] cos = rotaryEmbedding.cos(new int[] {0, 3}, 4);
        float[] sin = rotaryEmbedding.sin(new int[] {0, 3}, 4);
        assertEquals(4, cos.length);
        assertEquals(1, cos[0]);
        assertEquals(Math.cos(3), cos[2], 1e-7);
        assertEquals(Math.cos(0.3), cos[3], 1e-7);
        assertEquals(Math.sin(0.3), sin[3], 1e-7);
    }

    @Test
    void valuesThatMeanNothingAreRefused() {
        assertEquals(
                "rotary: the width must not be negative; width=-1",
                assertThrows(IllegalArgumentException.class, () -> new RotaryEmbedding(1e4, -1, 10))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> new RotaryEmbedding(0, 4, 10));
        assertEquals(
                "extents must be positive, and kv-heads divide heads; hidden=8, heads=3, kv-heads=2, head-width=4",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new LayerConfig(8, 3, 2, 4, false, 1e-5, RotaryEmbedding.NONE))
                        .getMessage());
    }

    // as Transformers has it: exponents are over the odd width, and a last element is rotated with them
    @Test
    void anOddWidthIsRoundedUp() {
        RotaryEmbedding odd = new RotaryEmbedding(10_000, 5, 64);
        assertEquals(3, odd.pairs());
        assertEquals(Math.cos(Math.pow(10_000, -4.0 / 5)), odd.cos(new int[] {1}, 2)[2], 1e-6);
    }
}
