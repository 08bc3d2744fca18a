package carve.api.tensor;

/**
 * Floating-point numbers of 8 bits: {@link DType#F8_E4M3} and {@link DType#F8_E5M2} (Micikevicius et al. 2022, arXiv:2209.05433).
 *
 * <p>E4M3 has no infinities: its greatest value is 448, and all ones are no number. E5M2 is the upper half of IEEE 754's binary16.
 */
public final class Float8 {
    private static final int E4M3_NOT_A_NUMBER = 0x7f;
    private static final int E5M2_INFINITY = 0x7c;
    private static final int E5M2_NOT_A_NUMBER = 0x7e;

    private Float8() {}

    /**
     * Returns the value of eight bits.
     *
     * @param dtype one of the two types
     */
    public static float toFloat(DType dtype, byte bits) {
        if (dtype == DType.F8_E5M2) {
            return Float.float16ToFloat((short) (bits << 8));
        }
        int magnitude = bits & 0x7f;
        int exponent = magnitude >> 3;
        float value = magnitude == E4M3_NOT_A_NUMBER
                ? Float.NaN
                : exponent == 0
                        ? Math.scalb((float) (magnitude & 7), -9)
                        : Math.scalb((float) (8 + (magnitude & 7)), exponent - 10);
        return bits < 0 ? -value : value;
    }

    /**
     * Returns the bits nearest to a value, ties to even. What is too large becomes infinite, or not-a-number in E4M3.
     *
     * @param dtype one of the two types
     */
    public static byte of(DType dtype, float value) {
        boolean e4m3 = dtype == DType.F8_E4M3;
        int sign = Float.floatToRawIntBits(value) >>> 24 & 0x80;
        if (Float.isNaN(value)) {
            return (byte) (sign | (e4m3 ? E4M3_NOT_A_NUMBER : E5M2_NOT_A_NUMBER));
        }
        int most = e4m3 ? E4M3_NOT_A_NUMBER : E5M2_INFINITY;
        int magnitude = e4m3 ? magnitude(Math.abs(value), 3, 7) : magnitude(Math.abs(value), 2, 15);
        return (byte) (sign | Math.min(most, magnitude));
    }

    // the significand with its leading one carries into the exponent
    private static int magnitude(float value, int significandBits, int bias) {
        int exponent = Math.max(Math.getExponent(value), 1 - bias);
        double significand = Math.rint(Math.scalb((double) value, significandBits - exponent));
        return (int) Math.min(0xff, ((exponent + bias - 1) << significandBits) + significand);
    }
}
