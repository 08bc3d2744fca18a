package carve.runtime.engine;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

/** SHA-256 of what snapshots depend on. */
public final class Digests {
    private static final int SAMPLES = 64;
    private static final int SAMPLE = 64 * 1024;
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

    /**
     * Returns the digest of a model's folder, or of its only file: names and lengths of its files, all of small ones, and samples of large ones,
     * since other weights differ everywhere.
     *
     * @throws IOException if it cannot be read
     */
    public static String ofModel(Path folder) throws IOException {
        MessageDigest digest = sha256();
        for (Path file : Files.isDirectory(folder) ? files(folder) : List.of(folder)) {
            add(digest, file.getFileName().toString());
            sample(digest, file);
        }
        return hex(digest);
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> listed = Files.list(folder)) {
            return listed.filter(Files::isRegularFile).sorted().toList();
        }
    }

    private static void sample(MessageDigest digest, Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, size));
            long step = Math.max(SAMPLE, size / SAMPLES);
            ByteBuffer buffer = ByteBuffer.allocate(SAMPLE);
            for (long at = 0; at < size; at += step) {
                buffer.clear();
                channel.read(buffer, at);
                digest.update(buffer.flip());
            }
        }
    }
}
