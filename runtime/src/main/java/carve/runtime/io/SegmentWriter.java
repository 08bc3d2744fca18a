package carve.runtime.io;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/** A writer of memory segments to files, in pieces that fit a buffer. */
public final class SegmentWriter {
    private static final long BUFFER = 1L << 20;

    private SegmentWriter() {}

    /** Writes all values of a segment. */
    public static void write(FileChannel channel, MemorySegment values) throws IOException {
        if (values.isNative()) {
            for (long done = 0; done < values.byteSize(); done += BUFFER << 8) {
                write(
                        channel,
                        values.asSlice(done, Math.min(BUFFER << 8, values.byteSize() - done))
                                .asByteBuffer());
            }
            return;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(Math.min(BUFFER, values.byteSize()));
            for (long done = 0; done < values.byteSize(); done += BUFFER) {
                long length = Math.min(BUFFER, values.byteSize() - done);
                MemorySegment.copy(values, done, buffer, 0, length);
                write(channel, buffer.asSlice(0, length).asByteBuffer());
            }
        }
    }

    /** Writes what remains in a buffer. */
    public static void write(FileChannel channel, ByteBuffer buffer) throws IOException {
        while (buffer.hasRemaining()) {
            channel.write(buffer);
        }
    }
}
