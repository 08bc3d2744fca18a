package carve.cpu;

import java.lang.foreign.Arena;

/**
 * The heap arrays of one worker, kept between tasks so that kernels allocate nothing.
 *
 * <p>An array is named by a slot; its content is what the previous user of the slot left. Confined to its worker.
 */
final class Scratch {
    private static final int SLOTS = 24;

    private final float[][] floats = new float[SLOTS][];
    private final Arena arena = Arena.ofAuto(); // lives as long as this
    private long room;
    private long roomBytes;
    private final long lines = Memory.allocate(arena, 8L * Memory.LANES);

    /** Returns the array of a slot, of at least {@code size} elements with arbitrary values. */
    float[] floats(int slot, int size) {
        float[] found = floats[slot];
        if (found == null || found.length < size) {
            found = new float[Math.max(size, found == null ? 0 : found.length + found.length / 2)];
            floats[slot] = found;
        }
        return found;
    }

    /** Returns native memory of at least this many bytes, with arbitrary values; the same again when it is asked for again. */
    long room(long bytes) {
        if (bytes > roomBytes) {
            roomBytes = Math.max(bytes, 2 * roomBytes);
            room = Memory.allocate(arena, roomBytes);
        }
        return room;
    }

    /** Returns where a repeated operand can be read: its own address, or that of a vector of copies of its value. */
    long repeated(long address, long step, int slot) {
        if (step != 0) {
            return address;
        }
        long to = lines + 4L * Memory.LANES * slot;
        Maps.fill(to, Memory.get(address), Memory.LANES);
        return to;
    }
}
