package carve.runtime.io;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;

/**
 * The use of a folder by one process at a time.
 *
 * <p>The process holds a lock of the operating system on the file {@value #LOCK} in the folder, which is released when the process
 * ends, even if it is killed; the file itself stays. Beside it, {@value #OWNER} names the process that has the lock: a JSON object
 * with {@code process}, {@code host} and {@code since}. A process never opens a lock file that it has locked, since closing it
 * again would release the lock.
 */
public final class ProcessLock implements AutoCloseable {
    private static final String LOCK = ".lock";
    private static final String OWNER = ".lock-owner.json";

    private final Path folder;
    private final FileChannel channel;

    private ProcessLock(Path folder, FileChannel channel) {
        this.folder = folder;
        this.channel = channel;
    }

    /**
     * Locks a folder, which is created if it is not there.
     *
     * @throws LockedException if another process has locked it, or this one
     * @throws IOException if the lock cannot be written, or the file system has no locks
     */
    public static ProcessLock acquire(Path folder) throws IOException {
        Files.createDirectories(folder);
        Optional<JsonObject> owner = owner(folder);
        if (owner.filter(ProcessLock::isThisProcess).isPresent()) {
            throw locked(folder, owner);
        }
        FileChannel channel =
                FileChannel.open(folder.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            FileLock lock = channel.tryLock();
            if (lock == null) {
                throw locked(folder, owner(folder));
            }
            writeOwner(folder);
            return new ProcessLock(folder, channel);
        } catch (OverlappingFileLockException e) {
            throw locked(folder, owner(folder));
        } catch (IOException | LockedException e) {
            channel.close();
            throw e;
        }
    }

    private static void writeOwner(Path folder) throws IOException {
        JsonObject owner = JsonObject.empty()
                .with("process", ProcessHandle.current().pid())
                .with("started", started())
                .with("host", host())
                .with("since", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
        Files.write(folder.resolve(OWNER), Json.print(owner).getBytes(StandardCharsets.UTF_8));
    }

    private static LockedException locked(Path folder, Optional<JsonObject> owner) {
        String who = owner.map(json -> "process %d on %s since %s"
                        .formatted(json.longInteger("process"), json.string("host"), json.string("since")))
                .orElse("another process");
        return new LockedException(
                "%s is in use by %s; wait until it ends, or use another folder".formatted(folder, who));
    }

    // a file that is being written or was damaged names nobody
    private static Optional<JsonObject> owner(Path folder) {
        Path file = folder.resolve(OWNER);
        try {
            if (!Files.isRegularFile(file)) {
                return Optional.empty();
            }
            JsonObject json = Json.readObject(file);
            json.longInteger("process");
            json.longInteger("started");
            json.string("host");
            json.string("since");
            return Optional.of(json);
        } catch (JsonException e) {
            return Optional.empty();
        }
    }

    private static boolean isThisProcess(JsonObject owner) {
        return owner.longInteger("process") == ProcessHandle.current().pid()
                && owner.longInteger("started") == started()
                && owner.string("host").equals(host());
    }

    private static long started() {
        return ProcessHandle.current()
                .info()
                .startInstant()
                .map(Instant::toEpochMilli)
                .orElse(0L);
    }

    private static String host() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException e) {
            return "an unknown host";
        }
    }

    /** Releases the lock. */
    @Override
    public void close() throws IOException {
        Files.deleteIfExists(folder.resolve(OWNER));
        channel.close();
    }
}
