package carve.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class BlockQuantisationTest {
    @Test
    void aBlockOfBytesIsAScaleAndRoundedQuotients() {
        float[] x = new float[32];
        x[0] = 127;
        x[1] = -127;
        x[2] = 0.5f;
        x[3] = -0.5f; // ties go away from zero
        x[4] = 1.4999999f;
        x[31] = 2.5f;

        byte[] blocks = quantised(DType.Q8_0, x);

        assertEquals(
                "003c" + "7f81" + "01ff01" + "00".repeat(26) + "03",
                HexFormat.of().formatHex(blocks));
    }

    @Test
    void aBlockOfNibblesHasItsFirstHalfInTheLowOnes() {
        float[] x = new float[32];
        for (int i = 0; i < 16; i++) {
            x[i] = i - 8;
            x[16 + i] = 7 - i;
        }

        byte[] blocks = quantised(DType.Q4_0, x);

        // the first element of magnitude 8 is -8, so that the scale is 1
        assertEquals("003c" + "f0e1d2c3b4a5968778695a4b3c2d1e0f", HexFormat.of().formatHex(blocks));
        assertArrayEquals(x, dequantised(DType.Q4_0, blocks));
    }

    @Test
    void theFarEndOfNibblesIsCutToSeven() {
        float[] x = new float[32];
        x[0] = -8;
        x[1] = 8;

        assertEquals(7, dequantised(DType.Q4_0, quantised(DType.Q4_0, x))[1]);
    }

    @Test
    void zerosStayZeros() {
        for (DType dtype : new DType[] {DType.Q8_0, DType.Q4_0}) {
            for (float value : dequantised(dtype, quantised(dtype, new float[64]))) {
                assertTrue(value == 0, dtype + ": " + value); // of either sign, as in llama.cpp
            }
        }
    }

    @Test
    void theErrorIsWithinHalfAStep() {
        float[] x = normals(32 * 50);
        assertTrue(worstStep(x, dequantised(DType.Q8_0, quantised(DType.Q8_0, x)), 127) <= 0.57);
        assertTrue(worstStep(x, dequantised(DType.Q4_0, quantised(DType.Q4_0, x)), 8) <= 1.01);
    }

    private static double worstStep(float[] x, float[] y, int steps) {
        double worst = 0;
        for (int block = 0; block < x.length; block += 32) {
            double greatest = 0;
            double error = 0;
            for (int i = block; i < block + 32; i++) {
                greatest = Math.max(greatest, Math.abs(x[i]));
                error = Math.max(error, Math.abs(x[i] - y[i]));
            }
            worst = Math.max(worst, error / (greatest / steps));
        }
        return worst;
    }

    @Test
    void quantisingWhatBlocksStandForGivesTheSameBlocks() {
        for (DType dtype : new DType[] {DType.Q8_0, DType.Q4_0}) {
            byte[] once = quantised(dtype, normals(32 * 50));
            assertArrayEquals(once, quantised(dtype, dequantised(dtype, once)));
        }
    }

    @Test
    void whatIsNotFiniteSpoilsItsBlockAndNoOther() {
        for (float odd : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            for (DType dtype : new DType[] {DType.Q8_0, DType.Q4_0}) {
                float[] x = normals(64);
                x[7] = odd;
                float[] y = dequantised(dtype, quantised(dtype, x));
                for (int i = 0; i < 64; i++) {
                    assertEquals(i >= 32, Float.isFinite(y[i]), dtype + " of " + odd + " at " + i);
                }
            }
        }
    }

    @Test
    void otherTypesAreRefused() {
        var error = assertThrows(ShapeException.class, () -> quantised(DType.F32, new float[32]));
        assertEquals("F32 is not quantised; Q8_0 or Q4_0 expected", error.getMessage());
    }

    @Test
    void rowsAreWholeBlocks() {
        assertEquals(2 * 3 * 34, new TensorType(DType.Q8_0, Shape.of(2, 96)).bytes());
        assertEquals(2 * 3 * 18, new TensorType(DType.Q4_0, Shape.of(2, 96)).bytes());
        assertEquals(new TensorType(DType.I8, Shape.of(2, 102)), new TensorType(DType.Q8_0, Shape.of(2, 96)).asBytes());
        var error = assertThrows(ShapeException.class, () -> new TensorType(DType.Q4_0, Shape.of(2, 33)));
        assertEquals("Q4_0 (2, 33): rows lie in blocks, the last extent must be a multiple of 32", error.getMessage());
        var size = assertThrows(ShapeException.class, DType.Q8_0::bytes);
        assertEquals("Q8_0 has no size of one element: 32 of them take 34 bytes", size.getMessage());
        var part = assertThrows(ShapeException.class, () -> DType.Q8_0.bytes(31));
        assertEquals("Q8_0: 31 elements are no whole number of blocks of 32", part.getMessage());
    }

    private static float[] normals(int count) {
        Random random = new Random(42);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    private static byte[] quantised(DType dtype, float[] values) {
        int blocks = values.length / BlockQuantisation.SIZE;
        byte[] bytes = new byte[blocks * dtype.blockBytes()];
        BlockQuantisation.write(values, 0, blocks, dtype, MemorySegment.ofArray(bytes), 0);
        return bytes;
    }

    private static float[] dequantised(DType dtype, byte[] bytes) {
        float[] values = new float[(int) dtype.elements(bytes.length)];
        BlockQuantisation.read(
                dtype, MemorySegment.ofArray(bytes), 0, values, 0, values.length / BlockQuantisation.SIZE);
        return values;
    }
}
