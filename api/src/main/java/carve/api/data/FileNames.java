package carve.api.data;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;

/** Names of files that were read from a document, and that may be none on this system. */
public final class FileNames {
    private FileNames() {}

    /** Returns the path of a name in a folder; nothing if no file can have this name, such as one with the character U+0000. */
    public static Optional<Path> resolve(Path folder, String name) {
        try {
            return Optional.of(folder.resolve(name));
        } catch (InvalidPathException e) {
            return Optional.empty();
        }
    }
}
