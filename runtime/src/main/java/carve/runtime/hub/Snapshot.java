package carve.runtime.hub;

import carve.runtime.safetensors.Checkpoint;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;

/**
 * The files of a commit in the cache, which lead to blobs.
 *
 * @param cache the cache
 * @param reference the model
 * @param commit its commit
 * @param symlinks whether links may be made; files are copied otherwise
 */
record Snapshot(HubCache cache, HubReference reference, String commit, boolean symlinks) {
    Path folder() {
        return cache.snapshot(reference.repository(), commit);
    }

    /** Returns whether a file, or its blob, is there. */
    boolean has(RemoteFile file) throws IOException {
        return BlobDownload.isPresent(folder().resolve(file.name()), file)
                || BlobDownload.isPresent(cache.blob(reference.repository(), file.digest()), file);
    }

    /** Makes all files whose blobs are there, and the reference from the revision after them. */
    void write(List<RemoteFile> files) throws IOException {
        List<RemoteFile> configLast = files.stream()
                .sorted(Comparator.comparing(file -> file.name().equals(Checkpoint.CONFIG)))
                .toList();
        for (RemoteFile file : configLast) {
            if (!BlobDownload.isPresent(folder().resolve(file.name()), file)) {
                link(folder().resolve(file.name()), cache.blob(reference.repository(), file.digest()));
            }
        }
        if (!reference.revision().equals(commit)) {
            writeReference(cache.ref(reference));
        }
        CacheTag.write(cache.root());
    }

    private void link(Path path, Path blob) throws IOException {
        Files.createDirectories(path.getParent());
        Files.deleteIfExists(path);
        if (symlinks) {
            try {
                Files.createSymbolicLink(path, path.getParent().relativize(blob));
                return;
            } catch (UnsupportedOperationException | java.nio.file.FileSystemException e) {
                System.getLogger("carve.runtime")
                        .log(System.Logger.Level.DEBUG, "{0} is copied, no link can be made: {1}", path, e);
            }
        }
        Path copy = temporary(path);
        Files.copy(blob, copy);
        Files.move(copy, path, StandardCopyOption.ATOMIC_MOVE);
    }

    private void writeReference(Path ref) throws IOException {
        if (Files.isRegularFile(ref) && Files.readString(ref).equals(commit)) {
            return;
        }
        Files.createDirectories(ref.getParent());
        Path written = temporary(ref);
        Files.write(written, commit.getBytes(StandardCharsets.US_ASCII));
        Files.move(written, ref, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private static Path temporary(Path path) {
        return path.resolveSibling("%s.%s.tmp".formatted(path.getFileName(), UUID.randomUUID()));
    }
}
