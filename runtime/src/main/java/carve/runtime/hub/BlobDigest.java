package carve.runtime.hub;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The digest of a file's content, under which the cache stores it: SHA-256 of files in large file storage (64 digits), git's
 * SHA-1 of a blob for all others (40 digits).
 *
 * @param hex the digest in lower-case hexadecimal digits
 */
record BlobDigest(String hex) {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{40}|[0-9a-f]{64}");
    private static final int SHA256_DIGITS = 64;

    BlobDigest {
        if (!isDigest(hex)) {
            throw new IllegalArgumentException("'%s' is neither a SHA-256 nor a git SHA-1".formatted(hex));
        }
    }

    /** Returns whether a text is a digest. */
    static boolean isDigest(String text) {
        return HEX.matcher(text).matches();
    }

    /** Returns a computation of this digest; the content is to follow. */
    MessageDigest begin(long size) {
        if (hex.length() == SHA256_DIGITS) {
            return digest("SHA-256");
        }
        MessageDigest sha1 = digest("SHA-1");
        sha1.update("blob %d\0".formatted(size).getBytes(StandardCharsets.US_ASCII));
        return sha1;
    }

    /** Returns whether a finished computation gave this digest. */
    boolean matches(MessageDigest computed) {
        return HexFormat.of().formatHex(computed.digest()).equals(hex);
    }

    private static MessageDigest digest(String algorithm) {
        try {
            return MessageDigest.getInstance(algorithm);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has " + algorithm, e);
        }
    }
}
