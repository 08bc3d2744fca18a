package carve.api.text;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An encoded image: a PNG, JPEG, GIF or BMP file.
 *
 * @param name what errors call it: a path, a URL, a number
 * @param bytes the file's content; not copied
 * @param orientation whether it is turned as its orientation tag says
 */
public record EncodedImage(String name, byte[] bytes, Orientation orientation) {
    /** The treatment of the tag by which a camera says how it was held. */
    public enum Orientation {
        /** The tag is ignored, as the training code of LLaVA and InternVL does: for data and evaluations. */
        AS_STORED,
        /** The image is turned until it is upright, as programs show it: for what a person asks about. */
        UPRIGHT
    }

    /** Makes an image whose orientation tag is ignored. */
    public EncodedImage(String name, byte[] bytes) {
        this(name, bytes, Orientation.AS_STORED);
    }

    /**
     * Returns the image in a file; its orientation tag is ignored.
     *
     * @throws IOException if it cannot be read; the message names the file
     */
    public static EncodedImage read(Path file) throws IOException {
        return new EncodedImage(file.toString(), Files.readAllBytes(file));
    }

    /** Returns this image, turned as its orientation tag says. */
    public EncodedImage upright() {
        return new EncodedImage(name, bytes, Orientation.UPRIGHT);
    }
}
