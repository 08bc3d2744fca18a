package carve.data;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A growing list of numbers outside of the heap, which lives as long as its arena. */
final class LongStore {
    private static final int CHUNK_BITS = 12;
    private static final int CHUNK = 1 << CHUNK_BITS;

    private final Arena arena;
    private final List<MemorySegment> chunks = new ArrayList<>();
    private long size;

    LongStore(Arena arena) {
        this.arena = arena;
    }

    /** Appends a number. */
    void add(long value) {
        int chunk = (int) (size >> CHUNK_BITS);
        if (chunk == chunks.size()) {
            chunks.add(arena.allocate(ValueLayout.JAVA_LONG, CHUNK));
        }
        chunks.get(chunk).setAtIndex(ValueLayout.JAVA_LONG, size & (CHUNK - 1), value);
        size++;
    }

    /** Returns a number. */
    long at(long index) {
        return chunks.get((int) (index >> CHUNK_BITS)).getAtIndex(ValueLayout.JAVA_LONG, index & (CHUNK - 1));
    }

    /** Returns how many there are. */
    long size() {
        return size;
    }

    /** Forgets the numbers from an index on. */
    void truncate(long length) {
        size = length;
    }
}
