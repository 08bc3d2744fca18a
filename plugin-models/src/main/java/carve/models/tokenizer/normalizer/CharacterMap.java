package carve.models.tokenizer.normalizer;

import carve.models.text.TextException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The replacements of texts that a SentencePiece model carries, {@code precompiled_charsmap}: the length of a double array in
 * bytes (u32), the array (u32 each, as darts-clone writes it), and the replacements, each ended by a zero byte.
 */
public final class CharacterMap {
    private final int[] units;
    private final byte[] replacements;

    private CharacterMap(int[] units, byte[] replacements) {
        this.units = units;
        this.replacements = replacements;
    }

    /**
     * Reads a map.
     *
     * @throws TextException if the bytes are no map
     */
    public static CharacterMap of(byte[] bytes) {
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        long length = bytes.length < 4 ? -1 : buffer.getInt() & 0xFFFFFFFFL;
        if (length < 4 || length % 4 != 0 || length > buffer.remaining()) {
            throw broken("its %d bytes do not hold the array they announce".formatted(bytes.length));
        }
        int[] units = new int[(int) length / 4];
        buffer.asIntBuffer().get(units);
        return new CharacterMap(units, Arrays.copyOfRange(bytes, 4 + (int) length, bytes.length));
    }

    /** A replacement: that of so many bytes. */
    public record Found(int length, String replacement) {
        /** No replacement. */
        public static final Found NONE = new Found(0, "");
    }

    /** Returns the replacement of the shortest prefix, or of the longest one, of some bytes that has one. */
    public Optional<Found> prefix(byte[] bytes, int from, boolean longest) {
        int node = offset(unit(0));
        Optional<Found> best = Optional.empty();
        for (int i = from; i < bytes.length && bytes[i] != 0; i++) {
            int label = bytes[i] & 0xFF;
            node ^= label;
            int unit = unit(node);
            if ((unit & 0x800000FF) != label) {
                break;
            }
            node ^= offset(unit);
            if ((unit >>> 8 & 1) == 1) {
                best = Optional.of(new Found(i + 1 - from, replacement(unit(node) & 0x7FFFFFFF)));
                if (!longest) {
                    break;
                }
            }
        }
        return best;
    }

    /** Returns whether a byte of ASCII, or it and another that follows, begins anything that has a replacement. */
    public boolean mayReplaceBeforeAscii(byte c) {
        int node = offset(unit(0)) ^ c;
        int unit = unit(node);
        if ((unit & 0x800000FF) != c) {
            return false;
        }
        node ^= offset(unit);
        if ((unit >>> 8 & 1) == 1) {
            return true;
        }
        for (int next = 1; next < 128; next++) {
            int child = node ^ next;
            if (child >= 0 && child < units.length && (units[child] & 0x800000FF) == next) {
                return true;
            }
        }
        return false;
    }

    private int unit(int index) {
        if (index < 0 || index >= units.length) {
            throw broken("it refers to unit %d of %d".formatted(index, units.length));
        }
        return units[index];
    }

    private static int offset(int unit) {
        return unit >>> 10 << ((unit & 1 << 9) >>> 6);
    }

    private String replacement(int start) {
        if (start > replacements.length) {
            throw broken("it refers to byte %d of %d".formatted(start, replacements.length));
        }
        int end = start;
        while (end < replacements.length && replacements[end] != 0) {
            end++;
        }
        return new String(replacements, start, end - start, StandardCharsets.UTF_8);
    }

    private static TextException broken(String problem) {
        return new TextException("tokenizer: the precompiled character map is broken: " + problem);
    }
}
