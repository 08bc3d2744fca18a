package carve.cpu.thread;

import carve.cpu.memory.NativeMemory;
import java.lang.foreign.Arena;

/**
 * The scratch memory of one thread: a stack of heap arrays and of native blocks, kept between tasks so that kernels allocate nothing.
 *
 * <p>Memory is asked for inside a frame and belongs to the innermost one that is open: it stays valid until that frame is closed,
 * and no other request returns it before. Two live requests therefore never overlap, however deeply kernels call each other.
 * {@link ThreadPool} opens a frame around every task; code on the caller's thread, and loops that ask in every iteration, open
 * frames of their own:
 *
 * <pre>{@code
 * try (var _ = scratchpad.frame()) {
 *     float[] block = scratchpad.floats(size);
 *     ...
 * }
 * }</pre>
 *
 * <p>The content is arbitrary. The n-th live request is served from the n-th entry of the stack, which grows to the largest size it was
 * ever asked for and never shrinks: a kernel that runs again finds its arrays where they were. Confined to its thread.
 */
public final class Scratchpad {
    private static final int MAX_LIVE = 64;
    private static final int MAX_FRAMES = 16;

    private final float[][] arrays = new float[MAX_LIVE][];
    private final NativeBlock[] blocks = new NativeBlock[MAX_LIVE];
    private final Frame[] frames = new Frame[MAX_FRAMES];
    private int liveArrays;
    private int liveBlocks;
    private int openFrames;

    /** Makes empty scratch memory. */
    public Scratchpad() {
        for (int i = 0; i < MAX_FRAMES; i++) {
            frames[i] = new Frame();
        }
    }

    /** The requests between its opening and its closing; those are released together. */
    public final class Frame implements AutoCloseable {
        private int arraysBefore;
        private int blocksBefore;

        private Frame() {}

        /**
         * Releases what was asked for since the frame was opened.
         *
         * @throws IllegalStateException if it is not the innermost open frame
         */
        @Override
        public void close() {
            if (openFrames == 0 || frames[openFrames - 1] != this) {
                throw new IllegalStateException("cpu: scratch frames are not closed in the reverse order of opening");
            }
            openFrames--;
            liveArrays = arraysBefore;
            liveBlocks = blocksBefore;
        }
    }

    /** Native memory that is freed with this object; it is replaced, not resized. */
    private record NativeBlock(Arena arena, long address, long bytes) {
        static NativeBlock of(long bytes) {
            Arena arena = Arena.ofAuto();
            return new NativeBlock(arena, NativeMemory.allocate(arena, bytes), bytes);
        }
    }

    /**
     * Opens a frame.
     *
     * @throws IllegalStateException if {@value #MAX_FRAMES} are open
     */
    public Frame frame() {
        if (openFrames == MAX_FRAMES) {
            throw new IllegalStateException("cpu: more than %d scratch frames are open".formatted(MAX_FRAMES));
        }
        Frame frame = frames[openFrames++];
        frame.arraysBefore = liveArrays;
        frame.blocksBefore = liveBlocks;
        return frame;
    }

    /**
     * Returns an array of at least {@code size} elements with arbitrary values, valid until the innermost open frame is closed.
     *
     * @throws IllegalStateException if no frame is open, or {@value #MAX_LIVE} arrays are live
     */
    public float[] floats(int size) {
        requireFrame(liveArrays);
        float[] found = arrays[liveArrays];
        if (found == null || found.length < size) {
            found = new float[Math.max(size, found == null ? 0 : found.length + found.length / 2)];
            arrays[liveArrays] = found;
        }
        liveArrays++;
        return found;
    }

    /**
     * Returns the address of at least {@code bytes} bytes of native memory with arbitrary values, aligned to
     * {@link NativeMemory#ALIGNMENT}, valid until the innermost open frame is closed.
     *
     * @throws IllegalStateException if no frame is open, or {@value #MAX_LIVE} blocks are live
     */
    public long nativeBuffer(long bytes) {
        requireFrame(liveBlocks);
        NativeBlock found = blocks[liveBlocks];
        if (found == null || found.bytes < bytes) {
            found = NativeBlock.of(Math.max(Math.max(1, bytes), found == null ? 0 : 2 * found.bytes));
            blocks[liveBlocks] = found;
        }
        liveBlocks++;
        return found.address;
    }

    private void requireFrame(int live) {
        if (openFrames == 0) {
            throw new IllegalStateException("cpu: scratch memory is asked for outside of a frame");
        }
        if (live == MAX_LIVE) {
            throw new IllegalStateException(
                    "cpu: %d pieces of scratch memory are live; open a frame inside the loop that asks for them"
                            .formatted(MAX_LIVE));
        }
    }
}
