package carve.api.gguf.block;

/** Writes blocks of integers that share an F16 scale, in the layouts of Q4_0 and Q8_0. */
final class ScaledIntegers {
    private static final int SIZE = 32;
    private static final int HALF = SIZE / 2;
    private static final int SCALE_BYTES = Short.BYTES;
    private static final int Q4_BYTES = SCALE_BYTES + HALF;
    private static final int Q4_ZERO = 8;

    private ScaledIntegers() {}

    /** Copies the F16 scale of a block to the first block of Q8_0 of the target. */
    static void copyScale(byte[] block, int at, byte[] target) {
        System.arraycopy(block, at, target, 0, SCALE_BYTES);
    }

    /** Writes an integer of -128 to 127 to the first block of Q8_0. */
    static void setQ8(byte[] target, int element, int value) {
        target[SCALE_BYTES + element] = (byte) value;
    }

    /** Writes blocks of Q4_0 with one scale. */
    static void writeQ4(byte[] block, int scaleAt, byte[] integers, byte[] target) {
        for (int i = 0; i * SIZE < integers.length; i++) {
            int to = i * Q4_BYTES;
            System.arraycopy(block, scaleAt, target, to, SCALE_BYTES);
            for (int j = 0; j < HALF; j++) {
                int low = integers[i * SIZE + j] + Q4_ZERO;
                int high = integers[i * SIZE + HALF + j] + Q4_ZERO;
                target[to + SCALE_BYTES + j] = (byte) (low | high << 4);
            }
        }
    }
}
