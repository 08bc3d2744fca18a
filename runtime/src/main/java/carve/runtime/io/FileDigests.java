package carve.runtime.io;

import carve.api.checkpoint.CheckpointException;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.lang.System.Logger.Level;
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
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * SHA-256 digests of all bytes of files, computed once.
 *
 * <p>They are kept in a folder, in a file {@code digests/DIGEST.json} that is named after the digest of the path, with {@code
 * stamp}, the text of the file's {@link FileStamp}, and {@code sha256}; a file with another stamp is read again.
 *
 * @param cacheFolder where digests are kept; nowhere if empty
 */
public record FileDigests(List<Path> cacheFolder) {
    private static final System.Logger LOG = System.getLogger("carve.runtime");
    private static final int PIECE = 1 << 20;

    /** Copies the list. */
    public FileDigests {
        cacheFolder = List.copyOf(cacheFolder);
    }

    /**
     * Returns the digest of a file, 64 hexadecimal digits.
     *
     * @param file the file as it is now
     * @param progress receives numbers of bytes as they are read
     * @throws IOException if it cannot be read
     */
    public String sha256(FileStamp file, LongConsumer progress) throws IOException {
        return cacheFolder.isEmpty() ? compute(file.path(), progress) : cached(file, progress);
    }

    private String cached(FileStamp file, LongConsumer progress) throws IOException {
        Path folder = cacheFolder.getFirst().resolve("digests");
        String name = hex(digest(file.path().toRealPath().toString())) + ".json";
        Optional<String> known = read(folder.resolve(name), file.text());
        if (known.isPresent()) {
            progress.accept(file.size());
            return known.get();
        }
        String digest = compute(file.path(), progress);
        keep(folder, name, JsonObject.empty().with("stamp", file.text()).with("sha256", digest));
        return digest;
    }

    private static Optional<String> read(Path kept, String stamp) {
        try {
            return Files.exists(kept)
                    ? Optional.of(Json.readObject(kept))
                            .filter(json -> json.string("stamp").equals(stamp))
                            .map(json -> json.string("sha256"))
                    : Optional.empty();
        } catch (JsonException e) {
            LOG.log(Level.WARNING, "{0} is computed again: {1}", kept, e.getMessage());
            return Optional.empty();
        }
    }

    private static void keep(Path folder, String name, JsonObject json) {
        try (FolderTransaction transaction = FolderTransaction.begin(folder)) {
            transaction.write(name, Json.compact(json).getBytes(StandardCharsets.UTF_8));
            transaction.commit();
        } catch (CheckpointException e) {
            LOG.log(Level.WARNING, "{0} cannot be kept, and is computed at each start: {1}", name, e.getMessage());
        }
    }

    private static String compute(Path file, LongConsumer progress) throws IOException {
        MessageDigest digest = sha256();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE);
            for (int read = channel.read(buffer); read >= 0; read = channel.read(buffer)) {
                digest.update(buffer.flip());
                buffer.clear();
                progress.accept(read);
            }
        }
        return hex(digest.digest());
    }

    private static byte[] digest(String text) {
        return sha256().digest(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }
}
