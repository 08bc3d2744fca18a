package carve.cpu.thread;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Elementwise;
import java.lang.foreign.Arena;

/**
 * The heap arrays of one worker, kept between tasks so that kernels allocate nothing.
 *
 * <p>An array is named by a slot; its content is what the previous user of the slot left. Confined to its worker.
 */
public final class Scratchpad {
    private static final int SLOTS = 24;

    private final float[][] floats = new float[SLOTS][];
    private final Arena arena = Arena.ofAuto(); // lives as long as this
    private long nativeBuffer;
    private long nativeBytes;
    private final long broadcastVectors = NativeMemory.allocate(arena, 8L * NativeMemory.LANES);

    /** Returns the array of a slot, of at least {@code size} elements with arbitrary values. */
    public float[] floats(int slot, int size) {
        float[] found = floats[slot];
        if (found == null || found.length < size) {
            found = new float[Math.max(size, found == null ? 0 : found.length + found.length / 2)];
            floats[slot] = found;
        }
        return found;
    }

    /** Returns native memory of at least this many bytes, with arbitrary values; the same again when it is asked for again. */
    public long nativeBuffer(long bytes) {
        if (bytes > nativeBytes) {
            nativeBytes = Math.max(bytes, 2 * nativeBytes);
            nativeBuffer = NativeMemory.allocate(arena, nativeBytes);
        }
        return nativeBuffer;
    }

    /** Returns where a repeated operand can be read: its own address, or that of a vector of copies of its value. */
    public long broadcastOperand(long address, long step, int slot) {
        if (step != 0) {
            return address;
        }
        long to = broadcastVectors + 4L * NativeMemory.LANES * slot;
        Elementwise.fill(to, NativeMemory.get(address), NativeMemory.LANES);
        return to;
    }
}
