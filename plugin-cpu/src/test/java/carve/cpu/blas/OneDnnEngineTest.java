package carve.cpu.blas;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.tensor.DType;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Elementwise;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;
import carve.testkit.LoggedAssumptions;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Tests of matrix products by oneDNN on our worker threads. */
public final class OneDnnEngineTest {
    /** Returns the library, or says why the test is left out. */
    public static OneDnnEngine library() {
        LazyOneDnn lazy = new LazyOneDnn();
        LoggedAssumptions.assumeTrue(lazy.engine().isPresent(), lazy.reason());
        return lazy.engine().orElseThrow();
    }

    @Test
    void bitsDoNotDependOnThreads() {
        int m = 1030;
        int n = 600;
        int k = 70;
        float[][] results = new float[2][m * n];
        try (OneDnnEngine library = library();
                Arena arena = Arena.ofConfined()) {
            long a = random(arena, m * k);
            long b = random(arena, n * k);
            long c = NativeMemory.allocate(arena, 4L * m * n);
            for (int threads : new int[] {1, 4}) {
                NativeMemory.fill(c, 4L * m * n, (byte) 0xFF);
                try (ThreadPool threadPool = new ThreadPool(threads)) {
                    new OneDnnBlas(library, threadPool).multiply(m, n, k, a, false, b, true, c);
                }
                NativeMemory.copy(c, results[threads / 4], 0, m * n);
            }
        }
        assertArrayEquals(results[0], results[1]);
    }

    @Test
    void everyBlockOfTheGridIsWritten() {
        try (OneDnnEngine library = library();
                ThreadPool threadPool = new ThreadPool(2);
                Arena arena = Arena.ofConfined()) {
            for (int m : new int[] {1, 65, 512, 513, 1100}) {
                for (int n : new int[] {1, 31, 33, 255, 257, 1300}) {
                    long a = NativeMemory.allocate(arena, 8L * m);
                    long b = NativeMemory.allocate(arena, 8L * n);
                    long c = NativeMemory.allocate(arena, 4L * m * n);
                    Elementwise.fill(a, 1, 2 * m);
                    Elementwise.fill(b, 2, 2 * n);
                    NativeMemory.fill(c, 4L * m * n, (byte) 0xFF);
                    new OneDnnBlas(library, threadPool).multiply(m, n, 2, a, false, b, true, c);
                    float[] expected = new float[m * n];
                    float[] actual = new float[m * n];
                    Arrays.fill(expected, 4);
                    NativeMemory.copy(c, actual, 0, m * n);
                    assertArrayEquals(expected, actual, m + " x " + n);
                }
            }
        }
    }

    @Test
    void productsBeyondThoseKeptAreWrittenAgain() {
        try (OneDnnEngine library = library();
                Arena arena = Arena.ofConfined()) {
            Scratchpad scratchpad = new Scratchpad();
            long x = random(arena, 300);
            long y = NativeMemory.allocate(arena, 4L * 300);
            for (int m = 1; m <= 300; m++) {
                library.matmul(new OneDnnEngine.MatmulShape(DType.F32, m, 1, 1, 1, 1, 1, 1, 1))
                        .run(x, x, y, scratchpad);
                assertEquals(
                        NativeMemory.get(x + 4L * (m - 1)) * NativeMemory.get(x),
                        NativeMemory.get(y + 4L * (m - 1)),
                        "of " + m);
            }
            NativeMemory.fill(y, 4, (byte) 0xFF);
            library.matmul(new OneDnnEngine.MatmulShape(DType.F32, 1, 1, 1, 1, 1, 1, 1, 1))
                    .run(x, x, y, scratchpad);
            assertEquals(NativeMemory.get(x) * NativeMemory.get(x), NativeMemory.get(y));
        }
    }

    private static long random(Arena arena, int size) {
        long address = NativeMemory.allocate(arena, 4L * size);
        SplittableRandom random = new SplittableRandom(42);
        for (int i = 0; i < size; i++) {
            NativeMemory.set(address + 4L * i, (float) random.nextDouble(-1, 1));
        }
        return address;
    }
}
