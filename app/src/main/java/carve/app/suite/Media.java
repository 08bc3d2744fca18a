package carve.app.suite;

import carve.api.model.Picture;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Base64;

/** Where a picture of a question lies; it is read when the question is asked. */
public sealed interface Media {
    /**
     * Returns the picture.
     *
     * @throws IOException if its file cannot be read
     * @throws SuiteException if it is not base64
     */
    Picture read() throws IOException;

    /**
     * A file of its own.
     *
     * @param path the file
     */
    record OfFile(Path path) implements Media {
        @Override
        public Picture read() throws IOException {
            return Picture.read(path);
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
    record OfTable(Path table, int line, long offset, int length) implements Media {
        @Override
        public Picture read() throws IOException {
            byte[] text = new byte[length];
            try (RandomAccessFile file = new RandomAccessFile(table.toFile(), "r")) {
                file.seek(offset);
                file.readFully(text);
            }
            String place = "%s: line %d".formatted(table.getFileName(), line);
            try {
                return new Picture(place, Base64.getDecoder().decode(text));
            } catch (IllegalArgumentException e) {
                String shown = new String(text, 0, Math.min(length, 20), StandardCharsets.ISO_8859_1);
                throw new SuiteException(
                        "%s: column 'image' must be base64: %s, in '%s...'".formatted(place, e.getMessage(), shown), e);
            }
        }
    }
}
