package carve.api.model;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An encoded picture, PNG or JPEG.
 *
 * @param name what errors call it: a path, a URL, a number
 * @param bytes the file's content; not copied
 */
public record Picture(String name, byte[] bytes) {
    /**
     * Returns the picture in a file.
     *
     * @throws IOException if it cannot be read; the message names the file
     */
    public static Picture read(Path file) throws IOException {
        return new Picture(file.toString(), Files.readAllBytes(file));
    }
}
