package carve.app.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A folder into which files of an archive are written.
 *
 * <p>Every path is checked here, where the file is made, whatever was checked before: normalised, it is inside the folder,
 * and no part of it is a link or a file that exists.
 */
final class UnpackFolder {
    private final Path root;

    /** Makes the folder if it is missing. */
    UnpackFolder(Path folder) throws IOException {
        this.root = Files.createDirectories(folder).toRealPath();
    }

    /**
     * Writes a new file.
     *
     * @param path its path in the folder, with slashes
     * @throws PluginException if the path leads out of the folder; nothing is written
     * @throws IOException if there is such a file, or it cannot be written
     */
    void write(String path, InputStream content) throws IOException {
        Path target = target(path);
        Path parent = Files.createDirectories(target.getParent()).toRealPath();
        if (!parent.startsWith(root)) {
            throw outside(path);
        }
        Files.copy(content, parent.resolve(target.getFileName()));
    }

    private Path target(String path) {
        if (!EntryNames.isRelativePath(path)) {
            throw outside(path);
        }
        Path target = root.resolve(path).normalize();
        if (!target.startsWith(root) || target.equals(root)) {
            throw outside(path);
        }
        return target;
    }

    private PluginException outside(String path) {
        return new PluginException("'%s' is not the path of a file in %s; nothing was written".formatted(path, root));
    }
}
