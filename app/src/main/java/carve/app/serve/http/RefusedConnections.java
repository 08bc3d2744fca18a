package carve.app.serve.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.util.IO;

/**
 * Connections beyond a limit. They are told so at once, and what their clients send is thrown away for a moment: a connection
 * that is closed with unread data would be reset, and its client could not read why.
 */
final class RefusedConnections {
    private static final int MAX_OPEN = 256;
    private static final int MAX_READS = 16;
    private static final long LINGER_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Deque<RefusedConnection> open = new ArrayDeque<>();
    private final ByteBuffer discarded = ByteBuffer.allocateDirect(16 * 1024);

    private record RefusedConnection(SocketChannel channel, long start) {}

    /** Sends an error and closes the connection soon. */
    synchronized void refuse(SocketChannel channel, ApiException error) {
        try {
            channel.configureBlocking(false);
            channel.write(RawResponse.of(error));
            channel.shutdownOutput();
        } catch (IOException e) {
            IO.close(channel);
            return;
        }
        if (open.size() >= MAX_OPEN) {
            IO.close(open.removeFirst().channel());
        }
        open.addLast(new RefusedConnection(channel, System.nanoTime()));
    }

    /** Closes what has lingered long enough. */
    synchronized void sweep() {
        open.removeIf(this::isDone);
    }

    private boolean isDone(RefusedConnection refused) {
        boolean done = System.nanoTime() - refused.start() >= LINGER_NANOS || isAtEnd(refused.channel());
        if (done) {
            IO.close(refused.channel());
        }
        return done;
    }

    private boolean isAtEnd(SocketChannel channel) {
        try {
            int read = 1;
            for (int i = 0; i < MAX_READS && read > 0; i++) {
                read = channel.read(discarded.clear());
            }
            return read < 0;
        } catch (IOException e) {
            return true;
        }
    }

    /** Closes all. */
    synchronized void closeAll() {
        open.forEach(refused -> IO.close(refused.channel()));
        open.clear();
    }
}
