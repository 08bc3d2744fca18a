package carve.cpu.thread;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.cpu.memory.NativeMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

final class ScratchpadTest {
    private final Scratchpad scratchpad = new Scratchpad();
    private final SplittableRandom random = new SplittableRandom(42);
    private final List<float[]> arrays = new ArrayList<>();
    private final List<long[]> blocks = new ArrayList<>(); // address, elements

    /** Asks for memory in nested frames, fills each piece with its own number and checks all pieces that are live. */
    private void nest(int depth) {
        int arraysBefore = arrays.size();
        int blocksBefore = blocks.size();
        try (var _ = scratchpad.frame()) {
            for (int i = 0; i < 3; i++) {
                int size = random.nextInt(1, 2000);
                float[] array = scratchpad.floats(size);
                Arrays.fill(array, arrays.size());
                arrays.add(array);
                long address = scratchpad.nativeBuffer(4L * size);
                assertEquals(0, address % NativeMemory.ALIGNMENT);
                for (int j = 0; j < size; j++) {
                    NativeMemory.set(address + 4L * j, -blocks.size());
                }
                blocks.add(new long[] {address, size});
                if (depth > 0) {
                    nest(depth - 1);
                }
                check();
            }
        }
        arrays.subList(arraysBefore, arrays.size()).clear();
        blocks.subList(blocksBefore, blocks.size()).clear();
    }

    private void check() {
        for (int i = 0; i < arrays.size(); i++) {
            for (float value : arrays.get(i)) {
                assertEquals(i, value, "array " + i);
            }
        }
        for (int i = 0; i < blocks.size(); i++) {
            for (long j = 0; j < blocks.get(i)[1]; j++) {
                assertEquals(-i, NativeMemory.get(blocks.get(i)[0] + 4 * j), "block " + i);
            }
        }
    }

    @Test
    void liveRequestsNeverOverlap() {
        for (int i = 0; i < 10; i++) {
            nest(3);
        }
    }

    @Test
    void requestsOfACallerSurviveItsTasks() {
        try (ThreadPool threadPool = new ThreadPool(3);
                var _ = threadPool.scratch().frame()) {
            float[] mine = threadPool.scratch().floats(100);
            long block = threadPool.scratch().nativeBuffer(400);
            Arrays.fill(mine, 7);
            NativeMemory.set(block, 7);
            for (boolean small : new boolean[] {true, false}) {
                threadPool.parallelFor(small, 50, (task, own) -> {
                    float[] array = own.floats(100);
                    long address = own.nativeBuffer(400);
                    assertNotSame(mine, array);
                    assertTrue(block != address);
                    Arrays.fill(array, task);
                    NativeMemory.set(address, task);
                });
            }
            for (float value : mine) {
                assertEquals(7, value);
            }
            assertEquals(7, NativeMemory.get(block));
        }
    }

    @Test
    void anotherRunGetsTheSameMemory() {
        float[] array;
        long block;
        try (var _ = scratchpad.frame()) {
            array = scratchpad.floats(1000);
            block = scratchpad.nativeBuffer(1000);
        }
        try (var _ = scratchpad.frame()) {
            assertSame(array, scratchpad.floats(10));
            assertEquals(block, scratchpad.nativeBuffer(1000));
            assertTrue(scratchpad.floats(2000).length >= 2000);
        }
    }

    @Test
    void memoryIsAskedForInsideAFrame() {
        String message = "cpu: scratch memory is asked for outside of a frame";
        assertEquals(
                message,
                assertThrows(IllegalStateException.class, () -> scratchpad.floats(1))
                        .getMessage());
        assertEquals(
                message,
                assertThrows(IllegalStateException.class, () -> scratchpad.nativeBuffer(1))
                        .getMessage());
    }

    @Test
    void framesCloseFromTheInnermostOn() {
        Scratchpad.Frame outer = scratchpad.frame();
        Scratchpad.Frame inner = scratchpad.frame();
        String message = "cpu: scratch frames are not closed in the reverse order of opening";
        assertEquals(
                message, assertThrows(IllegalStateException.class, outer::close).getMessage());
        inner.close();
        outer.close();
        assertEquals(
                message, assertThrows(IllegalStateException.class, outer::close).getMessage());
    }

    @Test
    void aLoopWithoutAFrameIsFound() {
        try (var _ = scratchpad.frame()) {
            for (int i = 0; i < 64; i++) {
                scratchpad.floats(1);
            }
            assertEquals(
                    "cpu: 64 pieces of scratch memory are live; open a frame inside the loop that asks for them",
                    assertThrows(IllegalStateException.class, () -> scratchpad.floats(1))
                            .getMessage());
        }
        try (var _ = scratchpad.frame()) {
            scratchpad.floats(1);
        }
    }
}
