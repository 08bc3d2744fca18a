package carve.models.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/**
 * Bytes written as characters, as byte-level pair encoding has them (Radford et al. 2019): printable characters of Latin-1 stand
 * for themselves, other bytes for the characters from U+0100 on, in order.
 */
public final class ByteCharacters {
    private static final char[] CHARACTERS = characters();
    private static final short[] BYTES = bytes();

    private ByteCharacters() {}

    private static char[] characters() {
        char[] result = new char[256];
        char next = 256;
        for (int value = 0; value < 256; value++) {
            boolean plain = value >= '!' && value <= '~' || value >= 0xA1 && value <= 0xAC || value >= 0xAE;
            result[value] = plain ? (char) value : next++;
        }
        return result;
    }

    private static short[] bytes() {
        short[] result = new short[256 + 68];
        java.util.Arrays.fill(result, (short) -1);
        for (int value = 0; value < 256; value++) {
            result[CHARACTERS[value]] = (short) value;
        }
        return result;
    }

    /** Returns the bytes of a text in UTF-8, as characters. */
    public static String encode(String text) {
        int plain = 0;
        while (plain < text.length() && text.charAt(plain) > ' ' && text.charAt(plain) <= '~') {
            plain++;
        }
        if (plain == text.length()) {
            return text;
        }
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        char[] result = new char[utf8.length];
        for (int i = 0; i < utf8.length; i++) {
            result[i] = CHARACTERS[utf8[i] & 0xFF];
        }
        return new String(result);
    }

    /** Returns the bytes that a text's characters stand for, or nothing if one of them stands for none. */
    public static Optional<byte[]> decode(String text) {
        byte[] result = new byte[text.length()];
        for (int i = 0; i < result.length; i++) {
            char c = text.charAt(i);
            if (c >= BYTES.length || BYTES[c] < 0) {
                return Optional.empty();
            }
            result[i] = (byte) BYTES[c];
        }
        return Optional.of(result);
    }
}
