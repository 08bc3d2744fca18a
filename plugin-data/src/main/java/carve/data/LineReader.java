package carve.data;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** The lines of a stream, one at a time, without their ends. Not safe for several threads. */
final class LineReader {
    /** The most bytes of a line, or of a document that is read at once. */
    static final int MAX_BYTES = 256 << 20;

    private final InputStream in;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private int number;
    private boolean ended;

    LineReader(InputStream in) {
        this.in = in;
    }

    /** Moves to the next line, and returns whether there is one. */
    boolean next() throws IOException {
        if (ended) {
            return false;
        }
        line.reset();
        int next = in.read();
        ended = next < 0;
        while (next >= 0 && next != '\n') {
            if (line.size() == MAX_BYTES) {
                throw new IOException("line %d is longer than %d MiB".formatted(number + 1, MAX_BYTES >> 20));
            }
            line.write(next);
            next = in.read();
        }
        ended |= next < 0;
        number++;
        return !ended || line.size() > 0;
    }

    /** Returns the number of the line, from 1. */
    int number() {
        return number;
    }

    /** Returns the bytes of the line. */
    byte[] bytes() {
        return line.toByteArray();
    }

    /**
     * Returns the text of bytes.
     *
     * @throws CharacterCodingException if they are not UTF-8
     */
    static String text(byte[] bytes) throws CharacterCodingException {
        return StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(bytes))
                .toString();
    }
}
