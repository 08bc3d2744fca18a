package carve.runtime.engine;

import java.lang.System.Logger.Level;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/**
 * A cache of the states of one model, keyed by the tokens before them. The least recently used are dropped, in memory and, if
 * there is a folder, on disk.
 *
 * <p>A snapshot is made at the end of a prompt, where the next turn of a conversation continues, and where a prompt departs from
 * an earlier one, because a prefix that two prompts share is likely to be used again. Safe for several threads.
 */
final class PrefixCache implements AutoCloseable {
    private static final System.Logger LOG = System.getLogger("carve.runtime");
    private static final int MAX_SEEN = 1 << 16;
    private static final long MAX_PENDING_BYTES = 64L << 20;

    private final long budget;
    private final BooleanSupplier weightsUnchanged;
    private final EngineMetrics metrics;
    private final Optional<PrefixCacheFolder> folder;
    private final Optional<PrefixCacheFolder> pinned;
    private final ThreadPoolExecutor writer;
    private final Map<String, Pin> pins = new HashMap<>();
    // least recently used first
    private final Map<String, StateSnapshot> entries = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<String, Boolean> seen = new LinkedHashMap<>(16, 0.75f, true);
    private final Map<SnapshotLayout, SnapshotLayout> layouts = new ConcurrentHashMap<>();
    private final AtomicLong pending = new AtomicLong();
    private long bytes;
    private boolean closed;
    // on the writer's thread
    private boolean writeFailed;

    /** A snapshot that stays in memory whatever the budget is. */
    private static final class Pin {
        private final StateSnapshot snapshot;
        private final String boundary;
        private int users = 1;

        Pin(StateSnapshot snapshot, String boundary) {
            this.snapshot = snapshot;
            this.boundary = boundary;
        }
    }

    PrefixCache(
            long budget,
            Optional<PrefixCacheFolder> folder,
            Optional<PrefixCacheFolder> saved,
            EngineMetrics engineMetrics) {
        this(budget, folder, saved, engineMetrics, () -> true);
    }

    /**
     * Makes a cache.
     *
     * @param weightsUnchanged returns whether what is computed now is of the weights that the keys name; otherwise nothing is
     *     written to disk
     */
    PrefixCache(
            long budget,
            Optional<PrefixCacheFolder> folder,
            Optional<PrefixCacheFolder> saved,
            EngineMetrics engineMetrics,
            BooleanSupplier weightsUnchanged) {
        this.weightsUnchanged = weightsUnchanged;
        this.budget = budget;
        this.folder = folder;
        this.pinned = saved;
        this.metrics = engineMetrics;
        this.writer = (ThreadPoolExecutor) Executors.newFixedThreadPool(
                1, Thread.ofPlatform().daemon().name("carve-snapshots").factory());
    }

    /** Returns whether {@link #put} keeps anything. */
    boolean keepsStates() {
        return budget > 0 || folder.isPresent();
    }

    /** Returns how many of these keys, from the first on, were seen before; from now on all are. */
    synchronized int markSeen(List<String> keys) {
        int known = 0;
        while (known < keys.size() && seen.containsKey(keys.get(known))) {
            known++;
        }
        keys.forEach(key -> seen.put(key, true));
        var oldest = seen.entrySet().iterator();
        while (seen.size() > MAX_SEEN) {
            oldest.next();
            oldest.remove();
        }
        return known;
    }

    /**
     * Returns the snapshot of the longest prefix that has one, in memory or on disk; the caller closes it.
     *
     * @param most the most positions that the prefix may have
     */
    Optional<StateSnapshot> longestMatch(PrefixKeys keys, int most) {
        for (int chunks = most / keys.chunk(); chunks >= 0; chunks--) {
            for (int length : pinnedLengths(keys.boundary(chunks))) {
                Optional<StateSnapshot> found = length <= most ? find(keys.at(length)) : Optional.empty();
                if (found.isPresent()) {
                    return found;
                }
            }
            Optional<StateSnapshot> found = chunks == 0 ? Optional.empty() : find(keys.boundary(chunks));
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    // longest first
    private synchronized List<Integer> pinnedLengths(String boundary) {
        return pins.isEmpty()
                ? List.of()
                : pins.values().stream()
                        .filter(pin -> pin.boundary.equals(boundary))
                        .map(pin -> pin.snapshot.position())
                        .sorted(Comparator.reverseOrder())
                        .toList();
    }

    private Optional<StateSnapshot> find(String key) {
        synchronized (this) {
            StateSnapshot snapshot = entries.get(key);
            if (snapshot != null) {
                return Optional.of(snapshot.retain());
            }
            Pin pin = pins.get(key);
            if (pin != null) {
                return Optional.of(pin.snapshot.retain());
            }
        }
        Optional<StateSnapshot> read = pinned.flatMap(disk -> disk.read(key, this::intern))
                .or(() -> folder.flatMap(disk -> disk.read(key, this::intern)));
        read.ifPresent(found -> keep(found.retain()));
        return read;
    }

    /** Returns whether there is a snapshot of a key. */
    synchronized boolean contains(String key) {
        return entries.containsKey(key)
                || pins.containsKey(key)
                || folder.map(disk -> disk.contains(key)).orElse(false)
                || pinned.map(disk -> disk.contains(key)).orElse(false);
    }

    /** Returns the layout that equals this one, and that all snapshots have. */
    SnapshotLayout intern(SnapshotLayout layout) {
        SnapshotLayout known = layouts.putIfAbsent(layout, layout);
        return known == null ? layout : known;
    }

    /** Keeps a snapshot, and writes it to disk when there is time; it is closed when it is thrown away. */
    void put(StateSnapshot stateSnapshot) {
        if (folder.isPresent() && pending.get() < MAX_PENDING_BYTES) {
            pending.addAndGet(stateSnapshot.bytes());
            StateSnapshot shared = stateSnapshot.retain();
            writer.execute(() -> write(folder.get(), shared));
        }
        keep(stateSnapshot);
    }

    /**
     * Pins a snapshot in memory, which then belongs to the cache, until {@link #release} is called as often as this and {@link
     * #pinAgain}; returns it, or one of the same key that was pinned before.
     *
     * @param boundary the key of the last multiple of the chunk before its position
     */
    synchronized StateSnapshot pin(StateSnapshot snapshot, String boundary) {
        Pin before = pins.get(snapshot.key());
        if (before == null) {
            pins.put(snapshot.key(), new Pin(snapshot, boundary));
            return snapshot;
        }
        before.users++;
        snapshot.close();
        return before.snapshot;
    }

    /** Pins a pinned snapshot once more. */
    synchronized void pinAgain(String key) {
        pins.get(key).users++;
    }

    /** Ends one use of a pinned snapshot. */
    synchronized void release(String key) {
        Pin pin = pins.get(key);
        if (pin != null && --pin.users == 0) {
            pins.remove(key).snapshot.close();
        }
    }

    /** Writes the snapshot of the longest prefix that has one to the folder of saved states, and returns its key. */
    String save(PrefixKeys keys) {
        if (pinned.isEmpty()) {
            return "";
        }
        Optional<StateSnapshot> found = longestMatch(keys, keys.boundaries().size() * keys.chunk());
        if (found.isEmpty()) {
            return "";
        }
        try (StateSnapshot stateSnapshot = found.get()) {
            pinned.get().write(stateSnapshot);
            return stateSnapshot.key();
        }
    }

    /** Removes what was kept. */
    void unpin(String key) {
        pinned.ifPresent(disk -> disk.remove(key));
    }

    /** Returns the bytes of what was kept. */
    long pinnedBytes() {
        return pinned.map(PrefixCacheFolder::bytes).orElse(0L);
    }

    private void write(PrefixCacheFolder disk, StateSnapshot shared) {
        try (shared) {
            if (weightsUnchanged.getAsBoolean()) {
                disk.write(shared);
            }
            writeFailed = false;
        } catch (RuntimeException e) {
            // of a full disk each snapshot would tell again
            LOG.log(writeFailed ? Level.DEBUG : Level.WARNING, "prefixes are not cached on disk: {0}", e.getMessage());
            writeFailed = true;
        } finally {
            pending.addAndGet(-shared.bytes());
        }
    }

    private synchronized void keep(StateSnapshot stateSnapshot) {
        if (closed || stateSnapshot.bytes() > budget) {
            stateSnapshot.close();
            return;
        }
        bytes += stateSnapshot.bytes();
        StateSnapshot before = entries.put(stateSnapshot.key(), stateSnapshot);
        if (before != null) {
            drop(before);
        }
        var oldest = entries.values().iterator();
        while (bytes > budget) {
            drop(oldest.next());
            oldest.remove();
            metrics.cacheEvictions.increment();
        }
    }

    private void drop(StateSnapshot stateSnapshot) {
        bytes -= stateSnapshot.bytes();
        stateSnapshot.close();
    }

    /** Returns the bytes in memory. */
    synchronized long bytes() {
        return bytes;
    }

    /** Returns how many are in memory. */
    synchronized int size() {
        return entries.size();
    }

    /** Returns the bytes on disk. */
    long diskBytes() {
        return folder.map(PrefixCacheFolder::bytes).orElse(0L);
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
            entries.values().forEach(this::drop);
            entries.clear();
            pins.values().forEach(pin -> pin.snapshot.close());
            pins.clear();
        }
    }
}
