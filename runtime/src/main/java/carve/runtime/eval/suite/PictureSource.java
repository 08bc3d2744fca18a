package carve.runtime.eval.suite;

import carve.api.text.EncodedImage;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;

/** The place of an image of a question; it is read when the question is asked. */
public sealed interface PictureSource {
    /**
     * Returns the picture.
     *
     * @throws IOException if its file cannot be read
     * @throws SuiteException if it is not base64
     */
    EncodedImage read() throws IOException;

    /**
     * A file of its own.
     *
     * @param path the file
     */
    record InFile(Path path) implements PictureSource {
        @Override
        public EncodedImage read() throws IOException {
            return EncodedImage.read(path);
        }
    }

    /**
     * A cell of a table, in base64.
     *
     * @param table the table
     * @param line the line where its row begins, counted from 1
     * @param offset of its first byte
     * @param length in bytes
     */
    record InTable(Path table, int line, long offset, int length) implements PictureSource {
        @Override
        public EncodedImage read() throws IOException {
            byte[] text = new byte[length];
            try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "r")) {
                file.seek(offset);
                file.readFully(text);
            }
            String place = "%s: line %d".formatted(table.getFileName(), line);
            try {
                return new EncodedImage(place, Base64.getDecoder().decode(text));
            } catch (IllegalArgumentException e) {
                String shown = new String(text, 0, Math.min(length, 20), StandardCharsets.ISO_8859_1);
                throw new SuiteException(
                        "%s: column 'image' must be base64: %s, in '%s...'".formatted(place, e.getMessage(), shown), e);
            }
        }
    }
}
