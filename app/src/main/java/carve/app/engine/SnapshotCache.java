package carve.app.engine;

import carve.api.checkpoint.CheckpointException;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Snapshots of one model by what came before them: those that were used last stay, in memory and, where there is a folder, on
 * disk.
 *
 * <p>Which ones are made is decided by what was seen: one at the end of a prompt, where the next turn of a conversation goes
 * on; and one where a prompt leaves what an earlier one said, since what two share a third will share. Safe for several threads.
 */
final class SnapshotCache implements AutoCloseable {
    private static final System.Logger LOG =
            System.getLogger(SnapshotCache.class.getModule().getName());
    private static final int SEEN = 1 << 16;
    private static final long PENDING = 64L << 20;

    private final long budget;
    private final Figures figures;
    private final Optional<SnapshotFolder> folder;
    private final Optional<SnapshotFolder> saved;
    private final ThreadPoolExecutor writer;
    // least recently used first
    private final Map<String, Snapshot> kept = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, Boolean> seen = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<SnapshotLayout, SnapshotLayout> layouts = new ConcurrentHashMap<>();
    private final AtomicLong pending = new AtomicLong();
    private long bytes;
    private boolean closed;

    SnapshotCache(long budget, Optional<SnapshotFolder> folder, Optional<SnapshotFolder> saved, Figures figures) {
        this.budget = budget;
        this.folder = folder;
        this.saved = saved;
        this.figures = figures;
        this.writer = (ThreadPoolExecutor) Executors.newFixedThreadPool(
                1, Thread.ofPlatform().daemon().name("carve-snapshots").factory());
    }

    /** Returns how many of these keys, from the first on, were seen before; from now on all are. */
    synchronized int meet(List<String> keys) {
        int known = 0;
        while (known < keys.size() && seen.containsKey(keys.get(known))) {
            known++;
        }
        keys.forEach(key -> seen.put(key, true));
        var oldest = seen.entrySet().iterator();
        while (seen.size() > SEEN) {
            oldest.next();
            oldest.remove();
        }
        return known;
    }

    /** Returns the snapshot of the last of these keys that has one, in memory or on disk; the caller closes it. */
    Optional<Snapshot> longest(List<String> keys) {
        for (String key : keys.reversed()) {
            Optional<Snapshot> found = find(key);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    private Optional<Snapshot> find(String key) {
        synchronized (this) {
            Snapshot snapshot = kept.get(key);
            if (snapshot != null) {
                return Optional.of(snapshot.share());
            }
        }
        Optional<Snapshot> read = saved.flatMap(disk -> disk.read(key, this::shared))
                .or(() -> folder.flatMap(disk -> disk.read(key, this::shared)));
        read.ifPresent(found -> keep(found.share()));
        return read;
    }

    /** Returns whether there is a snapshot of a key. */
    synchronized boolean has(String key) {
        return kept.containsKey(key)
                || folder.map(disk -> disk.has(key)).orElse(false)
                || saved.map(disk -> disk.has(key)).orElse(false);
    }

    /** Returns the layout that equals this one, and that all snapshots have. */
    SnapshotLayout shared(SnapshotLayout layout) {
        SnapshotLayout known = layouts.putIfAbsent(layout, layout);
        return known == null ? layout : known;
    }

    /** Keeps a snapshot, and writes it to disk when there is time; it is closed when it is thrown away. */
    void put(Snapshot snapshot) {
        if (folder.isPresent() && pending.get() < PENDING) {
            pending.addAndGet(snapshot.bytes());
            Snapshot shared = snapshot.share();
            writer.execute(() -> write(folder.get(), shared));
        }
        keep(snapshot);
    }

    /** Keeps the last of these that there is, whatever else is used, and returns its key. */
    String keep(List<String> keys) {
        if (saved.isEmpty()) {
            return "";
        }
        Optional<Snapshot> found = longest(keys);
        if (found.isEmpty()) {
            return "";
        }
        try (Snapshot snapshot = found.get()) {
            saved.get().write(snapshot);
            return snapshot.key();
        }
    }

    /** Removes what was kept. */
    void unpin(String key) {
        saved.ifPresent(disk -> disk.remove(key));
    }

    /** Returns the bytes of what was kept. */
    long savedBytes() {
        return saved.map(SnapshotFolder::bytes).orElse(0L);
    }

    private void write(SnapshotFolder disk, Snapshot shared) {
        try (shared) {
            disk.write(shared);
        } catch (CheckpointException e) {
            LOG.log(Level.WARNING, "a snapshot is not written: {0}", e.getMessage());
        } finally {
            pending.addAndGet(-shared.bytes());
        }
    }

    private synchronized void keep(Snapshot snapshot) {
        if (closed || snapshot.bytes() > budget) {
            snapshot.close();
            return;
        }
        bytes += snapshot.bytes();
        Snapshot before = kept.put(snapshot.key(), snapshot);
        if (before != null) {
            drop(before);
        }
        var oldest = kept.values().iterator();
        while (bytes > budget) {
            drop(oldest.next());
            oldest.remove();
            figures.evicted.increment();
        }
    }

    private void drop(Snapshot snapshot) {
        bytes -= snapshot.bytes();
        snapshot.close();
    }

    /** Returns the bytes in memory. */
    synchronized long bytes() {
        return bytes;
    }

    /** Returns how many are in memory. */
    synchronized int size() {
        return kept.size();
    }

    /** Returns the bytes on disk. */
    long diskBytes() {
        return folder.map(SnapshotFolder::bytes).orElse(0L);
    }

    /** Waits until what is to be written is written, and throws away what is in memory. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            writer.awaitTermination(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        synchronized (this) {
            closed = true;
            kept.values().forEach(this::drop);
            kept.clear();
        }
    }
}
