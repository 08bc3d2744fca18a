package carve.app.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * A watcher of plugin folders, which reports changes once files have been stable for a moment.
 *
 * <p>The operating system reports changes where it can; files are also compared every two seconds, since some file
 * systems report nothing.
 */
public final class FolderWatcher implements AutoCloseable {
    private static final System.Logger LOG =
            System.getLogger(FolderWatcher.class.getModule().getName());
    private static final long LOOK_MILLIS = 2_000;
    private static final long SETTLE_MILLIS = 150;

    private final List<Path> folders;
    private final Runnable changed;
    private final WatchService service;
    private final Thread thread;

    private FolderWatcher(List<Path> folders, Runnable changed, WatchService service) {
        this.folders = List.copyOf(folders);
        this.changed = changed;
        this.service = service;
        this.thread = Thread.ofPlatform().daemon().name("carve plugin watch").unstarted(this::run);
    }

    /**
     * Starts watching.
     *
     * @param changed is called by the watching thread; its exceptions are logged
     */
    static FolderWatcher of(List<Path> folders, Runnable changed) {
        try {
            var watch =
                    new FolderWatcher(folders, changed, FileSystems.getDefault().newWatchService());
            watch.thread.start();
            return watch;
        } catch (IOException e) {
            throw new UncheckedIOException("plugins cannot be watched", e);
        }
    }

    private void run() {
        try {
            String seen = "";
            while (true) {
                register();
                String found = settled();
                if (!found.equals(seen)) {
                    seen = tell() ? found : "";
                }
                WatchKey key = service.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
                if (key != null) {
                    key.pollEvents();
                    key.reset();
                }
            }
        } catch (InterruptedException | ClosedWatchServiceException e) {
            LOG.log(Level.DEBUG, "plugins are no longer watched: {0}", e.toString());
        }
    }

    // a failure is retried at the next comparison
    private boolean tell() {
        try {
            changed.run();
            return true;
        } catch (RuntimeException | LinkageError e) {
            LOG.log(Level.WARNING, "plugins stay as they are: {0}", e.getMessage());
            return false;
        }
    }

    // a jar that is being copied changes from one comparison to the next
    private String settled() throws InterruptedException {
        String before = fingerprint();
        while (true) {
            TimeUnit.MILLISECONDS.sleep(SETTLE_MILLIS);
            String now = fingerprint();
            if (now.equals(before)) {
                return now;
            }
            before = now;
        }
    }

    private String fingerprint() {
        try {
            return folders.stream()
                    .flatMap(folder -> fingerprints(folder, PluginLockFile.read(folder)))
                    .collect(Collectors.joining("\n"));
        } catch (PluginException e) {
            return "changing";
        }
    }

    private static Stream<String> fingerprints(Path folder, PluginLockFile lock) {
        return PluginFiles.scan(folder).stream().map(source -> source.fingerprint() + lock.fingerprint(source.name()));
    }

    private void register() {
        for (Path folder : folders) {
            register(folder);
            for (PluginFiles source : sources(folder)) {
                register(source.folder());
                register(source.folder().resolve(PluginFiles.LIBRARIES));
            }
        }
    }

    private static List<PluginFiles> sources(Path folder) {
        try {
            return PluginFiles.scan(folder);
        } catch (PluginException e) {
            LOG.log(Level.DEBUG, e.getMessage());
            return List.of();
        }
    }

    private void register(Path folder) {
        try {
            if (Files.isDirectory(folder)) {
                folder.register(
                        service,
                        StandardWatchEventKinds.ENTRY_CREATE,
                        StandardWatchEventKinds.ENTRY_DELETE,
                        StandardWatchEventKinds.ENTRY_MODIFY);
            }
        } catch (IOException e) {
            LOG.log(Level.DEBUG, "{0} cannot be watched and is polled instead: {1}", folder, e);
        }
    }

    /** Ends the watching thread. */
    @Override
    public void close() {
        try {
            service.close();
            thread.interrupt();
            thread.join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
