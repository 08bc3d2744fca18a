package carve.app.plugin;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * A stream that fails when more than a number of bytes come out of it.
 *
 * <p>A few kilobytes of a zip can unpack to gigabytes, and the size that an entry states may be wrong. So the entries of
 * archives are read through this stream alone.
 */
final class LimitedInputStream extends FilterInputStream {
    private static final int BLOCK = 1 << 16;

    private long left;

    LimitedInputStream(InputStream stream, long limit) {
        super(stream);
        this.left = limit;
    }

    /** Thrown when a stream is longer than its limit. */
    static final class LimitExceededException extends IOException {
        private static final long serialVersionUID = 1L;

        LimitExceededException(String message) {
            super(message);
        }
    }

    /**
     * Returns all bytes of a stream, which stays open.
     *
     * @param limit the greatest number of bytes
     * @param what the name of the content in messages
     * @throws LimitExceededException if there are more bytes
     */
    static byte[] readAll(InputStream stream, int limit, String what) throws IOException {
        byte[] bytes = stream.readNBytes(limit);
        if (bytes.length == limit && stream.read() >= 0) {
            throw new LimitExceededException("%s unpacks to more than %d bytes, the limit".formatted(what, limit));
        }
        return bytes;
    }

    /** Returns how many more bytes may come. */
    long left() {
        return left;
    }

    @Override
    public int read() throws IOException {
        int value = super.read();
        count(value < 0 ? 0 : 1);
        return value;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int read = super.read(bytes, offset, length);
        count(Math.max(0, read));
        return read;
    }

    // a stream may skip by unpacking, so skipped bytes count too
    @Override
    public long skip(long count) throws IOException {
        byte[] block = new byte[Math.clamp(count, 0, BLOCK)];
        return Math.max(0, read(block, 0, block.length));
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void count(int read) throws IOException {
        left -= read;
        if (left < 0) {
            throw new LimitExceededException("it unpacks to more bytes than the limit");
        }
    }
}
