package carve.api.io;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A folder for temporary files of this process that does not outlive it.
 *
 * <p>The process holds a lock of the operating system on the file {@value #LOCK} in it, which is released when the
 * process ends, even if it is killed. So a new process can delete the folders of killed ones: those of the same user and
 * purpose whose lock is free. A folder without that file is being created, and is left alone. The process id is a part of
 * the folder's name, since a process that opens its own lock file again may lose the lock.
 */
public final class TemporaryFolder implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger(TemporaryFolder.class.getName());
    private static final String LOCK = ".lock";
    private static final int ATTEMPTS = 20;
    private static final FileAttribute<?>[] OWNER_ALONE = {
        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))
    };

    private final Path folder;
    private final FileChannel lock;

    private TemporaryFolder(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Creates a folder where the system keeps temporary files; otherwise as {@link #create(Path, String)}.
     *
     * @throws IOException if it cannot be made
     */
    public static TemporaryFolder create(String purpose) throws IOException {
        return create(Path.of(System.getProperty("java.io.tmpdir")), purpose);
    }

    /**
     * Creates the folder, readable by this user alone, and deletes those of this user's killed processes.
     *
     * @param parent where it is made, such as the system's folder for temporary files
     * @param purpose a word of its name, {@code carve-PURPOSE-...}
     * @throws IOException if it cannot be made
     */
    public static TemporaryFolder create(Path parent, String purpose) throws IOException {
        String prefix = "carve-" + purpose + "-";
        Path folder = createDirectory(parent.resolve(own(prefix) + UUID.randomUUID()));
        // the file gets its name after it is locked
        Path unnamed = folder.resolve(LOCK + ".new");
        FileChannel lock = FileChannel.open(unnamed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        lock.lock();
        Files.move(unnamed, folder.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
        deleteAbandoned(parent, prefix, Files.getOwner(folder));
        return new TemporaryFolder(folder, lock);
    }

    private static Path createDirectory(Path folder) throws IOException {
        boolean posix = folder.getFileSystem().supportedFileAttributeViews().contains("posix");
        return posix ? Files.createDirectory(folder, OWNER_ALONE) : Files.createDirectory(folder);
    }

    private static String own(String prefix) {
        return prefix + ProcessHandle.current().pid() + "-";
    }

    private static void deleteAbandoned(Path parent, String prefix, UserPrincipal user) {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(parent, prefix + "*")) {
            for (Path other : folders) {
                if (!other.getFileName().toString().startsWith(own(prefix))) {
                    deleteIfAbandoned(other, user);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.log(Level.DEBUG, "{0} cannot be searched for what killed processes have left: {1}", parent, e);
        }
    }

    private static void deleteIfAbandoned(Path other, UserPrincipal user) {
        try {
            if (Files.isDirectory(other, LinkOption.NOFOLLOW_LINKS)
                    && Files.getOwner(other, LinkOption.NOFOLLOW_LINKS).equals(user)
                    && Files.isRegularFile(other.resolve(LOCK), LinkOption.NOFOLLOW_LINKS)
                    && isUnlocked(other.resolve(LOCK))) {
                delete(other);
                LOG.log(Level.DEBUG, "deleted {0}, which a killed process has left", other);
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "{0} was left by a killed process and cannot be deleted: {1}", other, e);
        }
    }

    private static boolean isUnlocked(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE);
                FileLock taken = channel.tryLock()) {
            return taken != null;
        }
    }

    // the lock file last, so that the next process finds the rest if this one is killed now
    private static void delete(Path folder) throws IOException {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
            for (Path entry : entries) {
                if (!entry.endsWith(LOCK)) {
                    deleteTree(entry);
                }
            }
        }
        deleteTree(folder);
    }

    // links are deleted, not followed
    private static void deleteTree(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    /** Returns the folder. */
    public Path path() {
        return folder;
    }

    /** Returns the path of a file or folder in it. */
    public Path resolve(String name) {
        return folder.resolve(name);
    }

    /** Makes the folder go when the process is asked to end, before it is closed. */
    public void deleteOnShutdown() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::close, "delete " + folder.getFileName()));
    }

    /** Deletes the folder with all that is in it; nothing happens the second time. */
    @Override
    public void close() {
        try {
            deleteWhileWritten();
            lock.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "{0} cannot be deleted: {1}", folder, e);
        }
    }

    // other threads may be writing while the process ends
    private void deleteWhileWritten() throws IOException {
        for (int i = 1; Files.exists(folder); i++) {
            try {
                delete(folder);
            } catch (IOException e) {
                if (i == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }
}
