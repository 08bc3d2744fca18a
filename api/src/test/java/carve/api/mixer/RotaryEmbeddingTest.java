package carve.api.mixer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

final class RotaryEmbeddingTest {
    private static final RotaryEmbedding DYNAMIC = new RotaryEmbedding(1e6, 128, 32768, 2);

    @Test
    void baseGrowsOnlyBeyondWhatTheModelWasTrainedFor() {
        assertEquals(1e6, DYNAMIC.baseAt(32768));
        assertEquals(1e6 * Math.pow(3, 128 / 126.0), DYNAMIC.baseAt(65536), 1e-3);
        assertEquals(1e6, new RotaryEmbedding(1e6, 128, 32768, 0).baseAt(1_000_000));
    }

    @Test
    void tablesHoldTheAnglesOfPositions() {
        RotaryEmbedding rotaryEmbedding = new RotaryEmbedding(100, 4, 4096, 0);
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
                "rotary: the width must be even and not negative; width=3",
                assertThrows(IllegalArgumentException.class, () -> new RotaryEmbedding(1e4, 3, 10, 0))
                        .getMessage());
        assertThrows(IllegalArgumentException.class, () -> new RotaryEmbedding(0, 4, 10, 0));
        assertEquals(
                "extents must be positive, and kv-heads divide heads; hidden=8, heads=3, kv-heads=2, head-width=4",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> new LayerConfig(8, 3, 2, 4, false, 1e-5, RotaryEmbedding.NONE))
                        .getMessage());
    }
}
