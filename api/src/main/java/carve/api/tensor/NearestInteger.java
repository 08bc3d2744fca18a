package carve.api.tensor;

/** The integer nearest to a float, ties to even, as llama.cpp computes it (ggml-quants.c, {@code nearest_int}). */
final class NearestInteger {
    private NearestInteger() {}

    /**
     * Returns the nearest integer.
     *
     * @param value of magnitude up to 4,194,303; the result is right for no other
     */
    static int of(float value) {
        int bits = Float.floatToRawIntBits(value + 12_582_912f);
        return (bits & 0x007FFFFF) - 0x00400000;
    }
}
