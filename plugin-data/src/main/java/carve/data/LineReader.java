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
    private final byte[] buffer = new byte[1 << 16];
    private int from;
    private int to;
    private int number;

    LineReader(InputStream in) {
        this.in = in;
    }

    /** Moves to the next line, and returns whether there is one. */
    boolean next() throws IOException {
        line.reset();
        number++;
        boolean ended = false;
        while (!ended) {
            if (from == to && !fill()) {
                return line.size() > 0;
            }
            int end = from;
            while (end < to && buffer[end] != '\n') {
                end++;
            }
            add(end - from);
            ended = end < to;
            from = Math.min(end + 1, to);
        }
        return true;
    }

    private boolean fill() throws IOException {
        from = 0;
        to = Math.max(0, in.read(buffer, 0, buffer.length));
        return to > 0;
    }

    private void add(int count) throws IOException {
        if (line.size() > MAX_BYTES - count) {
            throw new IOException("line %d is longer than %d MiB".formatted(number, MAX_BYTES >> 20));
        }
        line.write(buffer, from, count);
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
