package carve.runtime.hub;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;

/** The part of a file that has been downloaded, with the digest of it. Confined to one thread. */
final class PartFile implements AutoCloseable {
    private static final int PIECE = 1 << 20;

    private final Path path;
    private final RemoteFile file;
    private final FileChannel channel;
    private MessageDigest digest;
    private long size;

    private PartFile(Path path, RemoteFile file, FileChannel channel) {
        this.path = path;
        this.file = file;
        this.channel = channel;
        this.digest = file.digest().begin(file.size());
    }

    /**
     * Opens the part of an earlier download, or begins one.
     *
     * @throws HubException if it cannot be read or written
     */
    static PartFile open(Path path, RemoteFile file) {
        try {
            Files.createDirectories(path.getParent());
            FileChannel channel = FileChannel.open(
                    path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            return new PartFile(path, file, channel).readAgain();
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    private PartFile readAgain() throws IOException {
        try {
            if (channel.size() > file.size()) {
                restart();
            }
            ByteBuffer buffer = ByteBuffer.allocateDirect(PIECE);
            for (int read = channel.read(buffer); read >= 0; read = channel.read(buffer)) {
                digest.update(buffer.flip());
                buffer.clear();
                size += read;
            }
            return this;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    /** Returns how many bytes there are. */
    long size() {
        return size;
    }

    /** Returns how many bytes the whole file has. */
    long fullSize() {
        return file.size();
    }

    boolean isComplete() {
        return size == file.size();
    }

    /**
     * Adds bytes.
     *
     * @throws HubException if they are more than the file has, or cannot be written
     */
    void append(ByteBuffer bytes) {
        if (bytes.remaining() > file.size() - size) {
            throw new HubException("'%s': the server sends more than the %d bytes that the hub lists"
                    .formatted(file.name(), file.size()));
        }
        size += bytes.remaining();
        digest.update(bytes.duplicate());
        try {
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
        } catch (IOException e) {
            throw failed(path, e);
        }
    }

    /** Forgets all bytes. */
    void restart() {
        try {
            channel.truncate(0);
        } catch (IOException e) {
            throw failed(path, e);
        }
        size = 0;
        digest = file.digest().begin(file.size());
    }

    /** Returns whether the bytes have the digest of the file; they can then not be added to. */
    boolean isIntact() {
        return file.digest().matches(digest);
    }

    /** Flushes the complete file and gives it its name. */
    void moveTo(Path blob) {
        try {
            channel.force(true);
            channel.close();
            Files.move(path, blob, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw failed(blob, e);
        }
    }

    private static HubException failed(Path path, IOException e) {
        return new HubException("%s: cannot be written: %s".formatted(path, Retries.reason(e)), e);
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw failed(path, e);
        }
    }
}
