package carve.runtime.io;

import carve.api.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** A look for files that may be missing, where a name that is not a file must not pass for a missing one. */
public final class RegularFiles {
    private RegularFiles() {}

    /**
     * Returns whether there is a regular file of this name, or a link to one.
     *
     * @throws CheckpointException if there is something else: a link that leads nowhere or to itself, a folder, a device
     */
    public static boolean isPresent(Path file) {
        if (Files.isRegularFile(file)) {
            return true;
        }
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new CheckpointException("%s: %s; expected a file".formatted(file, describe(file)));
        }
        return false;
    }

    /**
     * Checks the size of a file before it is read whole.
     *
     * @throws CheckpointException if it has more bytes
     * @throws IOException if its size cannot be read
     */
    public static void requireAtMost(Path file, long bytes) throws IOException {
        long size = Files.size(file);
        if (size > bytes) {
            throw new CheckpointException("%s: has %d bytes, the limit is %d".formatted(file, size, bytes));
        }
    }

    private static String describe(Path file) {
        if (!Files.isSymbolicLink(file)) {
            return Files.isDirectory(file) ? "is a folder" : "is not a regular file";
        }
        try {
            return "is a link to '%s', where there is no file that can be read".formatted(Files.readSymbolicLink(file));
        } catch (IOException e) {
            return "is a link that cannot be read: " + e.getMessage();
        }
    }
}
