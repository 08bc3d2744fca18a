package carve.api.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An encoded image, PNG or JPEG.
 *
 * @param name what errors call it: a path, a URL, a number
 * @param bytes the file's content; not copied
 */
public record EncodedImage(String name, byte[] bytes) {
    /**
     * Returns the image in a file.
     *
     * @throws IOException if it cannot be read; the message names the file
     */
    public static EncodedImage read(Path file) throws IOException {
        return new EncodedImage(file.toString(), Files.readAllBytes(file));
    }
}
