package carve.runtime.hub;

import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;

/**
 * The download of a blob by one process at a time: a lock of the operating system on a file under {@code .locks}, as
 * huggingface_hub has it. It saves a second download of the same bytes; the cache is right without it as well.
 */
final class BlobLock implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("carve.runtime");
    private static final Duration POLL = Duration.ofMillis(100);

    private final FileChannel channel;

    private BlobLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Waits until no other process, or thread of this one, has the lock.
     *
     * @throws IOException if the file cannot be opened
     */
    static BlobLock acquire(Path file, String name) throws IOException, InterruptedException {
        Files.createDirectories(file.getParent());
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (!tryLock(channel)) {
                LOG.log(Level.INFO, "{0}: waiting for another process that downloads it", name);
                do {
                    Thread.sleep(POLL);
                } while (!tryLock(channel));
            }
        } catch (InterruptedException e) {
            channel.close();
            throw e;
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "{0} cannot be locked: {1}", file, e.getMessage());
        }
        return new BlobLock(channel);
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
