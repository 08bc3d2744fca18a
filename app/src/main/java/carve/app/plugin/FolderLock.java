package carve.app.plugin;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * The lock that lets one process at a time change a folder of plugins, and repairs what a killed one left.
 *
 * <p>The process that changes the folder holds the file {@value #LOCK_FILE}, which has the id and the start time of the
 * process. A plugin is replaced by renaming: the old folder is renamed with the prefix {@value #OLD}, the new one,
 * prepared under a name with the prefix {@value #NEW}, takes its place, {@code plugins.lock} is written, and the old
 * one is deleted. A process that finds the lock of a dead one completes or undoes that: the new folder stays if it
 * agrees with {@code plugins.lock}, else the old one comes back.
 */
final class FolderLock implements AutoCloseable {
    /** The prefix of folders that are not complete yet. */
    static final String NEW = ".new-";
    /** The prefix of folders that are being replaced. */
    static final String OLD = ".old-";
    /** The file that names the process that changes the folder. */
    static final String LOCK_FILE = ".changing";

    private static final String MARK = ".mark-";
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final long PAUSE_MILLIS = 20;

    private final Path folder;

    private FolderLock(Path folder) {
        this.folder = folder;
    }

    /**
     * Acquires the lock of a folder, which is created if it is missing; waits for another process that has it.
     *
     * @throws PluginException if the folder cannot be written, or another process keeps the lock too long
     */
    static FolderLock acquire(Path folder) {
        Instant limit = Instant.now().plus(PATIENCE);
        try {
            Files.createDirectories(folder);
            while (!mark(folder)) {
                awaitUnlocked(folder, limit);
            }
            recover(folder);
            return new FolderLock(folder);
        } catch (IOException e) {
            throw new PluginException(
                    "%s cannot be changed: %s; name a folder that can with --plugins".formatted(folder, e), e);
        }
    }

    private static boolean mark(Path folder) throws IOException {
        Path mine = folder.resolve(MARK + me().replace(' ', '-') + "-" + UUID.randomUUID());
        try {
            Files.writeString(mine, me());
            // a link appears with its content, unlike a new file
            Files.createLink(folder.resolve(LOCK_FILE), mine);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        } finally {
            Files.deleteIfExists(mine);
        }
    }

    /**
     * Waits until no process changes a folder, and repairs what a killed process left if possible.
     *
     * @throws PluginException if another process keeps the lock too long
     */
    static void awaitUnlocked(Path folder) {
        if (Files.exists(folder.resolve(LOCK_FILE))) {
            try {
                awaitUnlocked(folder, Instant.now().plus(PATIENCE));
            } catch (IOException e) {
                System.getLogger(FolderLock.class.getModule().getName())
                        .log(System.Logger.Level.DEBUG, "{0} cannot be repaired: {1}", folder, e);
            }
        }
    }

    private static void awaitUnlocked(Path folder, Instant limit) throws IOException {
        for (Optional<String> owner = owner(folder); owner.isPresent(); owner = owner(folder)) {
            if (!isAlive(owner.get())) {
                recover(folder);
                Files.deleteIfExists(folder.resolve(LOCK_FILE));
                return;
            }
            if (Instant.now().isAfter(limit)) {
                throw new PluginException("%s is being changed by process %s; try again when it is done"
                        .formatted(folder, owner.get().split(" ")[0]));
            }
            pause();
        }
    }

    private static void pause() {
        try {
            Thread.sleep(PAUSE_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new PluginException("interrupted while another process changes the plugins", e);
        }
    }

    private static Optional<String> owner(Path folder) throws IOException {
        try {
            return Optional.of(Files.readString(folder.resolve(LOCK_FILE)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        }
    }

    private static String me() {
        return describe(ProcessHandle.current());
    }

    private static String describe(ProcessHandle process) {
        long start = process.info().startInstant().map(Instant::toEpochMilli).orElse(0L);
        return "%d %d".formatted(process.pid(), start);
    }

    private static boolean isAlive(String owner) {
        String number = owner.split(" ")[0];
        return number.matches("\\d{1,18}")
                && ProcessHandle.of(Long.parseLong(number))
                        .filter(process -> describe(process).equals(owner))
                        .isPresent();
    }

    private static void recover(Path folder) throws IOException {
        PluginLockFile lock = PluginLockFile.read(folder);
        try (DirectoryStream<Path> replaced = Files.newDirectoryStream(folder, OLD + "*")) {
            for (Path old : replaced) {
                recover(old, folder.resolve(old.getFileName().toString().substring(OLD.length())), lock);
            }
        }
        try (DirectoryStream<Path> unfinished = Files.newDirectoryStream(folder, NEW + "*")) {
            for (Path half : unfinished) {
                FileTrees.delete(half);
            }
        }
        try (DirectoryStream<Path> marks = Files.newDirectoryStream(folder, MARK + "*")) {
            for (Path mark : marks) {
                String[] owner =
                        mark.getFileName().toString().substring(MARK.length()).split("-");
                if (owner.length < 2 || !isAlive(owner[0] + " " + owner[1])) {
                    Files.deleteIfExists(mark);
                }
            }
        }
    }

    private static void recover(Path old, Path place, PluginLockFile lock) throws IOException {
        PluginFiles replacement = new PluginFiles(place.getFileName().toString(), place);
        if (!Files.exists(place)) {
            Files.move(old, place);
        } else if (!lock.check(replacement).isEmpty()) {
            FileTrees.delete(place);
            Files.move(old, place);
        } else {
            FileTrees.delete(old);
        }
    }

    @Override
    public void close() {
        try {
            Files.deleteIfExists(folder.resolve(LOCK_FILE));
        } catch (IOException e) {
            throw new PluginException("%s cannot be deleted: %s".formatted(folder.resolve(LOCK_FILE), e), e);
        }
    }
}
