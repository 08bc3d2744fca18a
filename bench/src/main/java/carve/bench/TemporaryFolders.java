package carve.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A folder for what runs write, which goes with its owner. */
final class TemporaryFolders implements AutoCloseable {
    private final Path root;
    private int made;

    /** Makes it where the system keeps temporary files. */
    TemporaryFolders() {
        try {
            this.root = Files.createTempDirectory("carve-bench");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the path of a new folder, which is there already. */
    Path create() {
        try {
            return Files.createDirectories(root.resolve(String.valueOf(made++)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the path of a folder that is yet to be made. */
    Path reserve() {
        return root.resolve(String.valueOf(made++));
    }

    @Override
    public void close() {
        try (Stream<Path> files = Files.walk(root)) {
            List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
            for (Path file : deepestFirst) {
                Files.delete(file);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
