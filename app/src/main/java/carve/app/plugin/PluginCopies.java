package carve.app.plugin;

import java.io.IOException;
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
import java.nio.file.attribute.UserPrincipal;

/**
 * The temporary folder of this process for copies of plugins.
 *
 * <p>The process holds a lock of the operating system on the file {@value #LOCK} in it, which is released when the
 * process ends, even if it is killed. So a new process can delete the folders of killed ones: those of the same user
 * whose lock is free. A folder without that file is being created, and is left alone. The process id is a part of the
 * folder's name, since a process that opens its own lock file again may lose the lock.
 */
final class PluginCopies implements AutoCloseable {
    private static final System.Logger LOG =
            System.getLogger(PluginCopies.class.getModule().getName());
    private static final String PREFIX = "carve-plugins-";
    private static final String LOCK = ".lock";

    private final Path folder;
    private final FileChannel lock;

    private PluginCopies(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Creates the folder, readable by this user alone, and deletes the folders of this user's killed processes.
     *
     * @param temporary where temporary files go
     * @throws IOException if it cannot be made
     */
    static PluginCopies create(Path temporary) throws IOException {
        Path folder = Files.createTempDirectory(temporary, own());
        // the file gets its name after it is locked
        Path unnamed = folder.resolve(LOCK + ".new");
        FileChannel lock = FileChannel.open(unnamed, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
        lock.lock();
        Files.move(unnamed, folder.resolve(LOCK), StandardCopyOption.ATOMIC_MOVE);
        deleteAbandoned(temporary, Files.getOwner(folder));
        return new PluginCopies(folder, lock);
    }

    private static String own() {
        return PREFIX + ProcessHandle.current().pid() + "-";
    }

    private static void deleteAbandoned(Path temporary, UserPrincipal user) {
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(temporary, PREFIX + "*")) {
            for (Path other : folders) {
                if (!other.getFileName().toString().startsWith(own())) {
                    deleteIfAbandoned(other, user);
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.log(Level.DEBUG, "{0} cannot be searched for what killed processes have left: {1}", temporary, e);
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
        try (DirectoryStream<Path> copies = Files.newDirectoryStream(folder)) {
            for (Path copy : copies) {
                if (!copy.endsWith(LOCK)) {
                    FileTrees.delete(copy);
                }
            }
        }
        FileTrees.delete(folder);
    }

    /** Returns the path of a copy, which does not exist yet. */
    Path resolve(String name) {
        return folder.resolve(name);
    }

    /** Deletes the folder with all copies. */
    @Override
    public void close() {
        try {
            delete(folder);
            lock.close();
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "{0} cannot be deleted: {1}", folder, e);
        }
    }
}
