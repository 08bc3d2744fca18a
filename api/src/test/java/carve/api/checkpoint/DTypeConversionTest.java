package carve.api.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

final class DTypeConversionTest {
    private final Arena arena = Arena.ofAuto();

    private static void refuses(String message, Executable body) {
        assertEquals(message, assertThrows(CheckpointException.class, body).getMessage());
    }

    @Test
    void everyBf16SurvivesAFloat() {
        for (int bits = 0; bits < 1 << 16; bits++) {
            float value = DTypeConversion.fromBf16((short) bits);
            short back = DTypeConversion.toBf16(value);
            if (Float.isNaN(value)) {
                assertTrue(Float.isNaN(DTypeConversion.fromBf16(back)));
                assertEquals((short) (bits | 0x40), back);
            } else {
                assertEquals((short) bits, back);
            }
        }
    }

    @Test
    void bf16RoundsToNearestTiesToEven() {
        assertEquals(0x3f80, DTypeConversion.toBf16(1f));
        assertEquals(0x3f80, DTypeConversion.toBf16(Float.intBitsToFloat(0x3f808000)), "tie, down to even");
        assertEquals(0x3f82, DTypeConversion.toBf16(Float.intBitsToFloat(0x3f818000)), "tie, up to even");
        assertEquals(0x3f81, DTypeConversion.toBf16(Float.intBitsToFloat(0x3f808001)), "over the tie");
        assertEquals(0x7f80, DTypeConversion.toBf16(Float.MAX_VALUE), "too large");
        assertEquals((short) 0xff80, DTypeConversion.toBf16(Float.NEGATIVE_INFINITY));
        assertEquals((short) 0x8000, DTypeConversion.toBf16(-0f));
        assertEquals(0x7fc0, DTypeConversion.toBf16(Float.intBitsToFloat(0x7f800001)), "payload in the lower half");
    }

    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16"})
    void doublesAreRoundedOnce(DType dtype) {
        var random = new SplittableRandom(42);
        double[] values = new double[20_000];
        for (int i = 0; i < values.length; i++) {
            // near ties of the short type, nudged by less than a float can tell
            double tie = middle(dtype, random.nextInt(1 << 15));
            values[i] = (random.nextBoolean() ? -1 : 1)
                    * switch (i % 3) {
                        case 0 -> tie;
                        case 1 -> Math.nextUp(tie);
                        default -> Math.nextDown(tie);
                    };
        }
        float[] read = DTypeConversion.floats(dtype, DTypeConversion.of(dtype, values, arena));
        for (int i = 0; i < values.length; i++) {
            assertEquals(nearest(dtype, values[i]), read[i], "value " + values[i]);
        }
    }

    private static double value(DType dtype, int bits) {
        return dtype == DType.BF16 ? DTypeConversion.fromBf16((short) bits) : Float.float16ToFloat((short) bits);
    }

    private static int largest(DType dtype) {
        return dtype == DType.BF16 ? 0x7f7f : 0x7bff;
    }

    private static double middle(DType dtype, int bits) {
        int low = Math.min(bits, largest(dtype) - 1);
        return (value(dtype, low) + value(dtype, low + 1)) / 2;
    }

    // by exact comparison with both neighbours
    private static float nearest(DType dtype, double value) {
        double magnitude = Math.abs(value);
        int low = 0;
        int high = largest(dtype);
        while (high - low > 1) {
            int mid = (low + high) / 2;
            if (value(dtype, mid) <= magnitude) {
                low = mid;
            } else {
                high = mid;
            }
        }
        var down = new BigDecimal(magnitude).subtract(new BigDecimal(value(dtype, low)));
        var up = new BigDecimal(value(dtype, high)).subtract(new BigDecimal(magnitude));
        int order = down.compareTo(up);
        int chosen = order < 0 || order == 0 && low % 2 == 0 ? low : high;
        return (float) Math.copySign(value(dtype, chosen), value);
    }

    @Test
    void doublesBeyondTheRangeBecomeInfiniteAndNanStays() {
        double[] values = {1e300, -1e300, Double.NaN, Double.POSITIVE_INFINITY, 1e-300, -0.0, Double.MIN_VALUE};
        float inf = Float.POSITIVE_INFINITY;
        for (DType dtype : new DType[] {DType.F32, DType.BF16, DType.F16}) {
            assertArrayEquals(
                    new float[] {inf, -inf, Float.NaN, inf, 0f, -0f, 0f},
                    DTypeConversion.floats(dtype, DTypeConversion.of(dtype, values, arena)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 5, 13, 63, 64, 65, 200, 4095, 4096, 4097, 10_000})
    void floatsSurviveWiderTypesAtAnyAlignment(int count) {
        var random = new SplittableRandom(42);
        float[] values = new float[count + 3];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(random.nextInt() & 0xbfffffff);
        }
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            MemorySegment odd = arena.allocate((count + 4L) * dtype.bytes() + 1).asSlice(1);
            DTypeConversion.write(values, 3, count, dtype, odd, 4);
            float[] read = new float[count + 2];
            DTypeConversion.read(dtype, odd, 4, read, 2, count);
            for (int i = 0; i < count; i++) {
                assertEquals(values[3 + i], read[2 + i]);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 5, 13, 63, 64, 65, 200, 4095, 4096, 4097, 10_000})
    void bulkConversionEqualsSingleConversion(int count) {
        var random = new SplittableRandom(42);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) (random.nextDouble() * 200 - 100);
        }
        float[] bf16 = DTypeConversion.floats(DType.BF16, DTypeConversion.of(DType.BF16, values, arena));
        float[] f16 = DTypeConversion.floats(DType.F16, DTypeConversion.of(DType.F16, values, arena));
        double[] doubles = DTypeConversion.doubles(DType.BF16, DTypeConversion.of(DType.BF16, values, arena));
        for (int i = 0; i < count; i++) {
            assertEquals(DTypeConversion.fromBf16(DTypeConversion.toBf16(values[i])), bf16[i]);
            assertEquals(Float.float16ToFloat(Float.floatToFloat16(values[i])), f16[i]);
            assertEquals(bf16[i], doubles[i]);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 5, 13, 63, 64, 65, 200, 8191, 8192, 8193, 20_001})
    void shortTypesAreReadAndWrittenAtAnyPlace(int count) {
        var random = new SplittableRandom(42);
        float[] values = new float[count + 3];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(random.nextInt());
        }
        for (DType dtype : new DType[] {DType.BF16, DType.F16}) {
            MemorySegment odd =
                    arena.allocate((count + 5L) * 2 + 1).fill((byte) 0x55).asSlice(1);
            DTypeConversion.write(values, 3, count, dtype, odd, 3);
            float[] read = new float[count + 2];
            read[0] = 7;
            DTypeConversion.read(dtype, odd, 3, read, 1, count);
            for (int i = 0; i < count; i++) {
                float single = dtype == DType.BF16
                        ? DTypeConversion.fromBf16(DTypeConversion.toBf16(values[3 + i]))
                        : Float.float16ToFloat(Float.floatToFloat16(values[3 + i]));
                assertEquals(single, read[1 + i]);
            }
            assertEquals(7, read[0]);
            assertEquals(0, read[count + 1]);
            assertArrayEquals(new int[] {0x5555, 0x5555, 0x5555}, DTypeConversion.ints(DType.I16, odd.asSlice(0, 6)));
            assertArrayEquals(
                    new int[] {0x5555, 0x5555}, DTypeConversion.ints(DType.I16, odd.asSlice((count + 3L) * 2, 4)));
        }
    }

    @Test
    void elementsAreLittleEndian() {
        MemorySegment bytes = MemorySegment.ofArray(new byte[] {1, 2, 3, 4, 5, 6, 7, (byte) 0x88});
        assertArrayEquals(new int[] {0x0201, 0x0403, 0x0605, (short) 0x8807}, DTypeConversion.ints(DType.I16, bytes));
        assertArrayEquals(new int[] {0x04030201, 0x88070605}, DTypeConversion.ints(DType.I32, bytes));
        assertArrayEquals(new long[] {0x8807060504030201L}, DTypeConversion.longs(DType.I64, bytes));
        assertArrayEquals(new long[] {1, 2, 3, 4, 5, 6, 7, 0x88}, DTypeConversion.longs(DType.U8, bytes));
        assertArrayEquals(new int[] {1, 2, 3, 4, 5, 6, 7, (byte) 0x88}, DTypeConversion.ints(DType.I8, bytes));
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6, 7, -120}, DTypeConversion.floats(DType.I8, bytes));
        assertArrayEquals(new double[] {0x04030201, 0x88070605}, DTypeConversion.doubles(DType.I32, bytes));
        assertEquals(Double.longBitsToDouble(0x8807060504030201L), DTypeConversion.doubles(DType.F64, bytes)[0]);
        assertEquals(Float.intBitsToFloat(0x04030201), DTypeConversion.floats(DType.F32, bytes)[0]);
    }

    @ParameterizedTest
    @EnumSource(names = {"I64", "I32", "I16", "I8", "U8", "BOOL"})
    void wholeNumbersSurvive(DType dtype) {
        long[] values = switch (dtype) {
            case I64 -> new long[] {Long.MIN_VALUE, -1, 0, 1, Long.MAX_VALUE};
            case I32 -> new long[] {Integer.MIN_VALUE, -1, 0, 1, Integer.MAX_VALUE};
            case I16 -> new long[] {Short.MIN_VALUE, -1, 0, 1, Short.MAX_VALUE};
            case I8 -> new long[] {Byte.MIN_VALUE, -1, 0, 1, Byte.MAX_VALUE};
            case U8 -> new long[] {0, 1, 127, 128, 255};
            default -> new long[] {0, 1, 1, 0};
        };
        assertArrayEquals(values, DTypeConversion.longs(dtype, DTypeConversion.of(dtype, values, arena)));
    }

    @Test
    void wholeNumbersThatDoNotFitAreRefused() {
        refuses(
                "element 1 is 32768, which I16 cannot hold",
                () -> DTypeConversion.of(DType.I16, new int[] {0, 32768}, arena));
        refuses("element 0 is -1, which U8 cannot hold", () -> DTypeConversion.of(DType.U8, new long[] {-1}, arena));
        refuses("element 0 is 2, which BOOL cannot hold", () -> DTypeConversion.of(DType.BOOL, new long[] {2}, arena));
        MemorySegment large = DTypeConversion.of(DType.I64, new long[] {5, 1L << 31}, arena);
        refuses(
                "element 1 is 2147483648, which an integer of 32 bits cannot hold",
                () -> DTypeConversion.ints(DType.I64, large));
        refuses(
                "element 1 is 2147483648, which I32 cannot hold",
                () -> DTypeConversion.convert(DType.I64, large, DType.I32, arena));
    }

    @Test
    void fractionsAndWholeNumbersDoNotMix() {
        MemorySegment floats = DTypeConversion.of(DType.F32, new float[] {1.5f}, arena);
        refuses("F32 has fractions, expected a whole-number type", () -> DTypeConversion.ints(DType.F32, floats));
        refuses("F32 has fractions, expected a whole-number type", () -> DTypeConversion.longs(DType.F32, floats));
        refuses(
                "I32 has no fractions, expected a floating-point type",
                () -> DTypeConversion.of(DType.I32, new float[] {1f}, arena));
        refuses(
                "U8 has no fractions, expected a floating-point type",
                () -> DTypeConversion.of(DType.U8, new double[] {1}, arena));
        refuses(
                "BF16 has fractions, expected a whole-number type",
                () -> DTypeConversion.of(DType.BF16, new int[] {1}, arena));
        refuses(
                "F32 cannot be converted to I32: one is floating, the other is not",
                () -> DTypeConversion.convert(DType.F32, floats, DType.I32, arena));
    }

    @Test
    void conversionToTheSameTypeCopiesNothing() {
        MemorySegment floats = DTypeConversion.of(DType.F32, new float[] {1.5f}, arena);
        assertSame(floats, DTypeConversion.convert(DType.F32, floats, DType.F32, arena));
    }

    @Test
    void conversionBetweenFloatingTypesRoundsOnce() {
        double tie = 1 + 0x1p-8 + 0x1p-40;
        MemorySegment doubles = DTypeConversion.of(DType.F64, new double[] {tie, 1.5, Double.NaN}, arena);
        float[] read =
                DTypeConversion.floats(DType.BF16, DTypeConversion.convert(DType.F64, doubles, DType.BF16, arena));
        assertArrayEquals(new float[] {1 + 0x1p-7f, 1.5f, Float.NaN}, read);
        MemorySegment half = DTypeConversion.of(DType.F16, new float[] {1.5f, -2f}, arena);
        assertArrayEquals(
                new double[] {1.5, -2},
                DTypeConversion.doubles(DType.F64, DTypeConversion.convert(DType.F16, half, DType.F64, arena)));
    }
}
