package carve.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
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
        for (DType dtype : quantisedTypes()) {
            for (float value : dequantised(dtype, quantised(dtype, new float[512]))) {
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

    @Test
    void moreBitsLoseLess() {
        List<DType> byLoss =
                List.of(DType.Q8_0, DType.Q6_K, DType.Q5_K, DType.Q5_1, DType.Q5_0, DType.Q4_K, DType.Q4_1, DType.Q4_0);
        assertEquals(EnumSet.copyOf(quantisedTypes()), EnumSet.copyOf(byLoss));
        float[] x = normals(256 * 20);
        double before = 0;
        for (DType dtype : byLoss) {
            double loss = loss(x, dequantised(dtype, quantised(dtype, x)));
            assertTrue(loss > before && loss < 0.1, dtype + ": " + loss + " after " + before);
            before = loss;
        }
    }

    private static double loss(float[] x, float[] y) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < x.length; i++) {
            error += Math.pow(x[i] - y[i], 2);
            size += Math.pow(x[i], 2);
        }
        return Math.sqrt(error / size);
    }

    @Test
    void blocksThatWereThereDoNotShineThrough() {
        for (DType dtype : quantisedTypes()) {
            float[] x = normals(dtype.blockElements());
            byte[] bytes = new byte[dtype.blockBytes()];
            Arrays.fill(bytes, (byte) -1);
            BlockQuantisation.write(x, 0, 1, dtype, MemorySegment.ofArray(bytes), 0);
            assertArrayEquals(quantised(dtype, x), bytes, dtype::name);
        }
    }

    private static List<DType> quantisedTypes() {
        return Arrays.stream(DType.values()).filter(DType::isQuantised).toList();
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
            for (DType dtype : quantisedTypes()) {
                int size = dtype.blockElements();
                float[] x = normals(2 * size);
                x[7] = odd;
                float[] y = dequantised(dtype, quantised(dtype, x));
                for (int i = 0; i < y.length; i++) {
                    assertEquals(i >= size, Float.isFinite(y[i]), dtype + " of " + odd + " at " + i);
                }
            }
        }
    }

    @Test
    void otherTypesAreRefused() {
        var error = assertThrows(ShapeException.class, () -> quantised(DType.F32, new float[32]));
        assertEquals(
                "F32 is not quantised; expected one of Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K",
                error.getMessage());
    }

    @Test
    void rowsAreWholeBlocks() {
        assertEquals(2 * 3 * 34, new TensorType(DType.Q8_0, Shape.of(2, 96)).bytes());
        assertEquals(2 * 3 * 18, new TensorType(DType.Q4_0, Shape.of(2, 96)).bytes());
        assertEquals(2 * 3 * 144, new TensorType(DType.Q4_K, Shape.of(2, 768)).bytes());
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
        int blocks = values.length / dtype.blockElements();
        byte[] bytes = new byte[blocks * dtype.blockBytes()];
        BlockQuantisation.write(values, 0, blocks, dtype, MemorySegment.ofArray(bytes), 0);
        return bytes;
    }

    private static float[] dequantised(DType dtype, byte[] bytes) {
        float[] values = new float[(int) dtype.elements(bytes.length)];
        BlockQuantisation.read(
                dtype, MemorySegment.ofArray(bytes), 0, values, 0, values.length / dtype.blockElements());
        return values;
    }
}
