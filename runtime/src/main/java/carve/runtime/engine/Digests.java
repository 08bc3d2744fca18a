package carve.runtime.engine;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

/** SHA-256 digests of the inputs that snapshots depend on. */
public final class Digests {
    private static final int TEXT = 32;

    private Digests() {}

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    // the length before the text, so that two texts are not one
    static void add(MessageDigest digest, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(0, bytes.length));
        digest.update(bytes);
    }

    static String hex(MessageDigest digest) {
        return HexFormat.of().formatHex(digest.digest()).substring(0, TEXT);
    }

    /** Returns the digest of texts, 32 hexadecimal digits. */
    public static String of(List<String> texts) {
        MessageDigest digest = sha256();
        texts.forEach(text -> add(digest, text));
        return hex(digest);
    }
}
