package carve.runtime.engine;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The files of a model as they were when it was opened: all of its folder, or its only one.
 *
 * <p>The digest of a file is that of all of its bytes. It is computed once and kept in a folder, in a file {@code
 * digests/DIGEST.json} that is named after the digest of the path, with {@code stamp}, the file's size, time and inode, and
 * {@code sha256}; a file with another stamp is read again.
 *
 * @param files the files, by name
 */
public record ModelFiles(List<StampedFile> files) {
    private static final System.Logger LOG = System.getLogger("carve.runtime");
    private static final int PIECE = 1 << 20;

    /** Copies the list. */
    public ModelFiles {
        files = List.copyOf(files);
    }

    /**
     * A file as it was at some time.
     *
     * @param path the file
     * @param size its size in bytes
     * @param modified the time of its last change
     * @param inode what tells it from a file that takes its place, where the file system has it
     */
    public record StampedFile(Path path, long size, String modified, String inode) {
        static StampedFile of(Path path) throws IOException {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class);
            return new StampedFile(
                    path,
                    attributes.size(),
                    attributes.lastModifiedTime().toString(),
                    String.valueOf(attributes.fileKey()));
        }

        String stamp() {
            return "%d bytes, %s, %s".formatted(size, modified, inode);
        }

        // one that was replaced by renaming is still mapped as it was
        Optional<String> change() {
            try {
                StampedFile now = of(path);
                return now.inode.equals(inode) && !now.equals(this)
                        ? Optional.of("%s had %d bytes of %s, and has %d of %s"
                                .formatted(path.getFileName(), size, modified, now.size, now.modified))
                        : Optional.empty();
            } catch (IOException e) {
                return Optional.empty();
            }
        }
    }

    /**
     * Returns the files of a model as they are now.
     *
     * @param model its folder, or its only file
     * @throws IOException if they cannot be read
     */
    public static ModelFiles of(Path model) throws IOException {
        List<StampedFile> stamped = new ArrayList<>();
        for (Path file : Files.isDirectory(model) ? regularFiles(model) : List.of(model)) {
            stamped.add(StampedFile.of(file));
        }
        return new ModelFiles(stamped);
    }

    private static List<Path> regularFiles(Path folder) throws IOException {
        try (Stream<Path> listed = Files.list(folder)) {
            return listed.filter(Files::isRegularFile).sorted().toList();
        }
    }

    /** Returns these files and those of another model. */
    public ModelFiles and(ModelFiles others) {
        return new ModelFiles(
                Stream.concat(files.stream(), others.files.stream()).toList());
    }

    /** Returns which file was overwritten in place since, if one was; files that were replaced by renaming do not count. */
    public Optional<String> change() {
        return files.stream().flatMap(file -> file.change().stream()).findFirst();
    }

    /**
     * Returns the digest of the names and all bytes of the files, 32 hexadecimal digits.
     *
     * @param cacheFolder where digests of files are kept; nowhere if empty
     * @throws IOException if a file cannot be read
     */
    public String digest(List<Path> cacheFolder) throws IOException {
        List<String> texts = new ArrayList<>();
        for (StampedFile file : files) {
            texts.add(file.path.getFileName().toString());
            texts.add(cacheFolder.isEmpty() ? sha256(file.path) : cached(file, cacheFolder.getFirst()));
        }
        return Digests.of(texts);
    }

    private static String cached(StampedFile file, Path cacheFolder) throws IOException {
        String name = Digests.of(List.of(file.path.toRealPath().toString()));
        Path kept = cacheFolder.resolve("digests").resolve(name + ".json");
        Optional<String> known = read(kept, file.stamp());
        if (known.isPresent()) {
            return known.get();
        }
        String digest = sha256(file.path);
        write(kept, JsonObject.empty().with("stamp", file.stamp()).with("sha256", digest));
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

    private static void write(Path kept, JsonObject json) {
        try {
            Files.createDirectories(kept.getParent());
            Path temporary = Files.createTempFile(kept.getParent(), ".digest", ".tmp");
            Files.writeString(temporary, Json.compact(json));
            Files.move(temporary, kept, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            LOG.log(Level.WARNING, "{0} cannot be kept, and is computed at each start: {1}", kept, e.toString());
        }
    }

    private static String sha256(Path file) throws IOException {
        MessageDigest digest = Digests.sha256();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE);
            while (channel.read(buffer) >= 0) {
                digest.update(buffer.flip());
                buffer.clear();
            }
        }
        return HexFormat.of().formatHex(digest.digest());
    }
}
