package carve.api.gguf.block;

/** The signs of eight elements, a bit each. */
final class Signs {
    private Signs() {}

    /** Returns the eight bits that seven stand for: the eighth makes the number of ones even. */
    static int ofSeven(int bits) {
        return bits & 127 | (Integer.bitCount(bits & 127) & 1) << 7;
    }

    /** Returns a value, negated if the bit of its element is set. */
    static float apply(int signs, int element, float value) {
        return Float.intBitsToFloat(Float.floatToRawIntBits(value) ^ (signs >>> element & 1) << 31);
    }
}
