package carve.bench;

import carve.api.io.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A folder for what runs write, which goes with its owner. */
final class TemporaryFolders implements AutoCloseable {
    private final TemporaryFolder root;
    private int made;

    /** Makes it where the system keeps temporary files. */
    TemporaryFolders() {
        try {
            this.root = TemporaryFolder.create("bench");
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
        root.close();
    }
}
