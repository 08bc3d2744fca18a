package carve.cpu.memory;

import carve.api.device.DeviceException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * Native memory in sizes of which there are eight to a power of two, kept for reuse when released.
 *
 * <p>Small pieces are cut from slabs; large ones are mapped on their own. A piece may serve for half its size, since the
 * sizes of a step change with the lengths of its batch; unused memory goes back to the system only when it is more than
 * twice what was ever in use, because new pages cost more than most kernels. Confined to the device's thread.
 */
public final class BufferPool implements AutoCloseable {
    private static final long SLAB = 32L << 20;
    private static final long MAPPED_FROM = 1L << 20;
    private static final long MAX_IDLE = 512L << 20;
    private static final long PAGE = 4096;

    /** One piece of memory from the system. */
    private record Mapping(long base, long bytes) {}

    private final PageAllocator pageAllocator = new PageAllocator();
    private final boolean poison;
    private final NavigableMap<Long, ArrayDeque<Long>> free = new TreeMap<>();
    private final Map<Long, Mapping> mapped = new HashMap<>();
    private final Set<Long> slabs = new HashSet<>();
    private long slab;
    private long slabEnd;
    private long used;
    private long idle;
    private long peak;
    private long colour;

    /** Makes a pool; {@code poison} fills what is taken with NaN. */
    public BufferPool(boolean poison) {
        this.poison = poison;
    }

    /** Returns a buffer of this many bytes with arbitrary values, aligned to a cache line. */
    public CpuBuffer allocate(long bytes) {
        long wanted = capacity(bytes);
        var found = findFree(wanted);
        long capacity = found.isPresent() ? found.get().getKey() : wanted;
        long address = found.isPresent() ? found.get().getValue().pop() : allocateNew(capacity);
        if (found.isPresent()) {
            idle -= capacity;
        }
        used += capacity;
        peak = Math.max(peak, used);
        if (poison) {
            NativeMemory.fill(address, capacity, (byte) 0xFF);
        }
        return new CpuBuffer(this, address, bytes, capacity);
    }

    /** Returns the released pieces of the least size from this on that has any; twice the size at most. */
    private Optional<Map.Entry<Long, ArrayDeque<Long>>> findFree(long capacity) {
        var entry = free.ceilingEntry(capacity);
        while (entry != null && entry.getKey() <= 2 * capacity) {
            if (!entry.getValue().isEmpty()) {
                return Optional.of(entry);
            }
            entry = free.higherEntry(entry.getKey());
        }
        return Optional.empty();
    }

    /** Returns a size rounded up to one of those that are kept. */
    static long capacity(long bytes) {
        long least = Math.max(bytes, NativeMemory.ALIGNMENT);
        long unit = Math.max(NativeMemory.ALIGNMENT, Long.highestOneBit(least) / 8);
        return (least + unit - 1) / unit * unit;
    }

    private long allocateNew(long capacity) {
        if (capacity >= MAPPED_FROM) {
            return map(capacity);
        }
        if (slabEnd - slab < capacity) {
            slab = pageAllocator.map(SLAB);
            slabs.add(slab);
            slabEnd = slab + SLAB;
        }
        long address = slab;
        slab += capacity;
        return address;
    }

    private long map(long capacity) {
        if (idle > MAX_IDLE + 2 * peak) {
            trim();
            peak = used;
        }
        try {
            return mapColoured(capacity);
        } catch (DeviceException e) { // freeing unused memory may help
            trim();
            return mapColoured(capacity);
        }
    }

    /** Maps a piece that begins at another place of a page than the last: equal places hinder each other in caches. */
    private long mapColoured(long capacity) {
        long base = pageAllocator.map(capacity + PAGE);
        colour = (colour + 5 * NativeMemory.ALIGNMENT) % PAGE;
        mapped.put(base + colour, new Mapping(base, capacity + PAGE));
        return base + colour;
    }

    private void trim() {
        free.forEach((capacity, ready) -> {
            if (capacity >= MAPPED_FROM) {
                ready.forEach(address -> {
                    Mapping mapping = mapped.remove(address);
                    pageAllocator.unmap(mapping.base, mapping.bytes);
                    idle -= capacity;
                });
                ready.clear();
            }
        });
    }

    /** Takes a piece back. */
    void release(long address, long capacity) {
        used -= capacity;
        idle += capacity;
        free.computeIfAbsent(capacity, key -> new ArrayDeque<>()).push(address);
    }

    /** Returns the bytes of the buffers that are in use. */
    long used() {
        return used;
    }

    @Override
    public void close() {
        mapped.values().forEach(mapping -> pageAllocator.unmap(mapping.base, mapping.bytes));
        slabs.forEach(address -> pageAllocator.unmap(address, SLAB));
        mapped.clear();
        slabs.clear();
        free.clear();
        slab = 0;
        slabEnd = 0;
        pageAllocator.close();
    }
}
