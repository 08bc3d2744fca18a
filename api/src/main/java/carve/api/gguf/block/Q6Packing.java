package carve.api.gguf.block;

/**
 * The parts of a block of Q6_K, as they are written: 128 bytes with the lower four, 64 with the upper two bits of each of 256 elements, 16 scales of 8
 * bits, d of F16; an element of -32 to 31 stands for {@code d * scale * q}.
 */
final class Q6Packing {
    private static final int UPPER = 128;
    private static final int SCALES = 192;
    private static final int D = 208;

    private Q6Packing() {}

    /** Copies the F16 scale of a block. */
    static void copyScale(byte[] block, int at, byte[] target) {
        System.arraycopy(block, at, target, D, Short.BYTES);
    }

    /** Writes the scale of a group of 16 elements. */
    static void setScale(byte[] target, int group, int scale) {
        target[SCALES + group] = (byte) scale;
    }

    /** Writes an element. Elements of lower index are written first: they clear the bits of those that share their bytes. */
    static void set(byte[] target, int element, int value) {
        int bits = value + 32;
        int half = element / 128;
        int inHalf = element % 128;
        int low = half * 64 + inHalf % 64;
        int high = UPPER + half * 32 + inHalf % 32;
        target[low] = (byte) (inHalf < 64 ? bits & 15 : target[low] | (bits & 15) << 4);
        int shifted = bits >> 4 << inHalf / 32 * 2;
        target[high] = (byte) (inHalf < 32 ? shifted : target[high] | shifted);
    }
}
