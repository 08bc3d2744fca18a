package carve.cuda.gpu;

import carve.api.device.DeviceException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Memory of a card that is used again: asking the driver for memory waits for the card, so pieces that are given back are
 * kept for the next tensor of their size. All use is in the order of one stream, so a piece is free when it is closed.
 *
 * <p>Where the host asks for the same series of sizes turn after turn, as the steps of a generation do, each gets the piece
 * that it had two turns before, if that is free: what lives for one turn and is replaced in the next then lies in two places
 * in turn, and launches come again with the same addresses. A graph of them needs no changes.
 */
public final class MemoryPool {
    private static final long SMALL = 1 << 20;
    private static final long SMALL_UNIT = 512;
    private static final long LARGE_UNIT = 1 << 21;
    private static final int MOST_TAKEN = 1 << 16;
    private static final long MAX_EXTRA_BYTES = 8 << 20;
    private static final int ENOUGH = 64;

    /** A piece that was given back. */
    private record MemoryBlock(long address, long capacity) {}

    private final GpuDriver gpuDriver;
    private final Runnable finish;
    private final Map<Long, TreeSet<Long>> freeBlocks = new TreeMap<>();
    private final Map<Long, Integer> inUse = new TreeMap<>();
    private final List<MemoryBlock> deferred = new ArrayList<>();
    private List<MemoryBlock> beforeLast = List.of();
    private List<MemoryBlock> last = List.of();
    private List<MemoryBlock> taken = new ArrayList<>();
    private boolean defersReuse;
    private long deferredBytes;
    private long usedBytes;
    private long peakBytes;

    /**
     * Makes a pool.
     *
     * @param finish waits until no piece is used any more
     */
    public MemoryPool(GpuDriver gpuDriver, Runnable finish) {
        this.gpuDriver = gpuDriver;
        this.finish = finish;
    }

    /** Returns memory with undefined values. */
    public GpuBuffer allocate(long bytes) {
        long capacity = capacity(bytes);
        long address = reuseOrAllocate(freeBlocks.getOrDefault(capacity, new TreeSet<>()), capacity);
        if (taken.size() < MOST_TAKEN) {
            taken.add(new MemoryBlock(address, capacity));
        }
        inUse.merge(capacity, 1, Integer::sum);
        usedBytes += capacity;
        peakBytes = Math.max(peakBytes, usedBytes);
        return new GpuBuffer(this, address, bytes, capacity);
    }

    /** Begins another step, after which buffers are asked for in the same order again. */
    public void nextStep() {
        beforeLast = last;
        last = taken;
        taken = new ArrayList<>(last.size());
    }

    private long reuseOrAllocate(TreeSet<Long> pieces, long capacity) {
        if (taken.size() < beforeLast.size()) {
            MemoryBlock then = beforeLast.get(taken.size());
            if (then.capacity() == capacity && pieces.remove(then.address())) {
                return then.address();
            }
            // what has it now is replaced in turn: rather a place more than one that wanders
            if (then.capacity() == capacity
                    && capacity <= MAX_EXTRA_BYTES
                    && gpuDriver.freeBytes() > ENOUGH * capacity) {
                return allocateFromDriver(capacity);
            }
        }
        return pieces.isEmpty() ? allocateFromDriver(capacity) : pieces.removeFirst();
    }

    private long allocateFromDriver(long capacity) {
        long address = gpuDriver.allocate(capacity);
        if (address == 0 && (!freeBlocks.isEmpty() || !deferred.isEmpty())) {
            trim();
            address = gpuDriver.allocate(capacity);
        }
        if (address == 0) {
            throw new DeviceException(outOfMemory(capacity));
        }
        return address;
    }

    private String outOfMemory(long capacity) {
        String largest = inUse.keySet().stream()
                .reduce((a, b) -> b)
                .map(size -> ", the largest of " + formatBytes(size))
                .orElse("");
        return "gpu: out of memory: tried to allocate %s; %s allocated by %d tensors%s, %s of %s free on %s; reduce the batch size or the sequence length, or enable activation recomputation"
                .formatted(
                        formatBytes(capacity),
                        formatBytes(usedBytes),
                        inUse.values().stream().mapToInt(n -> n).sum(),
                        largest,
                        formatBytes(gpuDriver.freeBytes()),
                        formatBytes(gpuDriver.properties().memoryBytes()),
                        gpuDriver.properties().name());
    }

    /** Returns a size with its unit. */
    static String formatBytes(long bytes) {
        return bytes < 1 << 20
                ? "%d KiB".formatted((bytes + 1023) / 1024)
                : bytes < 1 << 30
                        ? "%d MiB".formatted(bytes >> 20)
                        : String.format(Locale.ROOT, "%.1f GiB", bytes / (double) (1 << 30));
    }

    void release(long address, long capacity) {
        if (defersReuse) {
            deferred.add(new MemoryBlock(address, capacity));
            deferredBytes += capacity;
        } else {
            cache(address, capacity);
        }
        inUse.computeIfPresent(capacity, (size, count) -> count == 1 ? null : count - 1);
        usedBytes -= capacity;
    }

    private void cache(long address, long capacity) {
        freeBlocks.computeIfAbsent(capacity, size -> new TreeSet<>()).add(address);
    }

    /** Sets whether memory that is released from now on may still be read, and is not to be reused yet. */
    public void deferReuse(boolean on) {
        defersReuse = on;
        if (!on) {
            deferred.forEach(memoryBlock -> cache(memoryBlock.address(), memoryBlock.capacity()));
            deferred.clear();
            deferredBytes = 0;
        }
    }

    /** Returns the bytes that were released and are not reused yet. */
    public long deferredBytes() {
        return deferredBytes;
    }

    /** Releases the cached memory to the driver. */
    public void trim() {
        finish.run();
        freeBlocks.values().forEach(pieces -> pieces.forEach(gpuDriver::release));
        freeBlocks.clear();
    }

    /** Returns the bytes in use. */
    public long usedBytes() {
        return usedBytes;
    }

    /** Returns the most bytes that were in use at one time. */
    public long peakBytes() {
        return peakBytes;
    }

    /** Returns the bytes that are cached for reuse. */
    long cachedBytes() {
        return freeBlocks.entrySet().stream()
                .mapToLong(entry -> entry.getKey() * entry.getValue().size())
                .sum();
    }

    @Override
    public String toString() {
        return "%s allocated, %s peak, %s cached, of %s on %s"
                .formatted(
                        formatBytes(usedBytes),
                        formatBytes(peakBytes),
                        formatBytes(cachedBytes()),
                        formatBytes(gpuDriver.properties().memoryBytes()),
                        gpuDriver.properties().name());
    }

    private static long capacity(long bytes) {
        long unit = bytes <= SMALL ? SMALL_UNIT : LARGE_UNIT;
        return Math.max(1, (bytes + unit - 1) / unit) * unit;
    }
}
