package carve.app.engine;

import carve.api.checkpoint.CheckpointException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

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
    private static final int PENDING = 64;

    private final long budget;
    private final Figures figures;
    private final Optional<SnapshotFolder> folder;
    private final Optional<SnapshotFolder> saved;
    private final ThreadPoolExecutor writer;
    // least recently used first
    private final Map<String, Snapshot> kept = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, Boolean> seen = new LinkedHashMap<>(16, 0.75f, true);
    private long bytes;

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

    /** Returns the snapshot of the last of these keys that has one, in memory or on disk. */
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
                return Optional.of(snapshot);
            }
        }
        Optional<Snapshot> read =
                saved.flatMap(disk -> disk.read(key)).or(() -> folder.flatMap(disk -> disk.read(key)));
        read.ifPresent(this::keep);
        return read;
    }

    /** Returns whether there is a snapshot of a key. */
    synchronized boolean has(String key) {
        return kept.containsKey(key)
                || folder.map(disk -> disk.has(key)).orElse(false)
                || saved.map(disk -> disk.has(key)).orElse(false);
    }

    /** Keeps a snapshot, and writes it to disk when there is time. */
    void put(Snapshot snapshot) {
        keep(snapshot);
        if (folder.isPresent() && writer.getQueue().size() < PENDING) {
            writer.execute(() -> write(folder.get(), snapshot));
        }
    }

    /** Keeps the last of these that there is, whatever else is used, and returns its key. */
    String keep(List<String> keys) {
        Optional<Snapshot> snapshot = longest(keys);
        if (snapshot.isEmpty() || saved.isEmpty()) {
            return "";
        }
        saved.get().write(snapshot.get());
        return snapshot.get().key();
    }

    /** Removes what was kept. */
    void unpin(String key) {
        saved.ifPresent(disk -> disk.remove(key));
    }

    /** Returns the bytes of what was kept. */
    long savedBytes() {
        return saved.map(SnapshotFolder::bytes).orElse(0L);
    }

    private static void write(SnapshotFolder disk, Snapshot snapshot) {
        try {
            disk.write(snapshot);
        } catch (CheckpointException e) {
            LOG.log(Level.WARNING, "a snapshot is not written: {0}", e.getMessage());
        }
    }

    private synchronized void keep(Snapshot snapshot) {
        if (snapshot.bytes() > budget) {
            return;
        }
        Snapshot before = kept.put(snapshot.key(), snapshot);
        bytes += snapshot.bytes() - (before == null ? 0 : before.bytes());
        List<String> surplus = new ArrayList<>();
        long left = bytes;
        for (Snapshot oldest : kept.values()) {
            if (left > budget) {
                left -= oldest.bytes();
                surplus.add(oldest.key());
            }
        }
        surplus.forEach(kept::remove);
        bytes = left;
        figures.evicted.add(surplus.size());
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

    /** Waits until what is to be written is written. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            writer.awaitTermination(30, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
