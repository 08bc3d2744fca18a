package carve.data;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;

/** A stream that tells how many bytes are read from it. */
final class CountedInputStream extends FilterInputStream {
    private final LongConsumer listener;

    CountedInputStream(InputStream in, LongConsumer listener) {
        super(in);
        this.listener = listener;
    }

    @Override
    public int read() throws IOException {
        int next = super.read();
        count(next < 0 ? 0 : 1);
        return next;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        int count = super.read(bytes, offset, length);
        count(count);
        return count;
    }

    private void count(int bytes) {
        if (bytes > 0) {
            listener.accept(bytes);
        }
    }
}
