package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.tensor.DType;
import carve.testkit.Needs;
import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What oneDNN computes for our workers. */
final class OneDnnTest {
    /** Returns the library, or says why the test is left out. */
    static OneDnn library() {
        LazyOneDnn lazy = new LazyOneDnn();
        Needs.that(lazy.library().isPresent(), lazy.reason());
        return lazy.library().orElseThrow();
    }

    @Test
    void bitsDoNotDependOnThreads() {
        int m = 1030;
        int n = 600;
        int k = 70;
        float[][] results = new float[2][m * n];
        try (OneDnn library = library();
                Arena arena = Arena.ofConfined()) {
            long a = random(arena, m * k);
            long b = random(arena, n * k);
            long c = Memory.allocate(arena, 4L * m * n);
            for (int threads : new int[] {1, 4}) {
                Memory.fill(c, 4L * m * n, (byte) 0xFF);
                try (Workers workers = new Workers(threads)) {
                    new OneDnnBlas(library, workers).multiply(m, n, k, a, false, b, true, c);
                }
                Memory.copy(c, results[threads / 4], 0, m * n);
            }
        }
        assertArrayEquals(results[0], results[1]);
    }

    @Test
    void everyBlockOfTheGridIsWritten() {
        try (OneDnn library = library();
                Workers workers = new Workers(2);
                Arena arena = Arena.ofConfined()) {
            for (int m : new int[] {1, 65, 512, 513, 1100}) {
                for (int n : new int[] {1, 31, 33, 255, 257, 1300}) {
                    long a = Memory.allocate(arena, 8L * m);
                    long b = Memory.allocate(arena, 8L * n);
                    long c = Memory.allocate(arena, 4L * m * n);
                    Maps.fill(a, 1, 2 * m);
                    Maps.fill(b, 2, 2 * n);
                    Memory.fill(c, 4L * m * n, (byte) 0xFF);
                    new OneDnnBlas(library, workers).multiply(m, n, 2, a, false, b, true, c);
                    float[] expected = new float[m * n];
                    float[] actual = new float[m * n];
                    Arrays.fill(expected, 4);
                    Memory.copy(c, actual, 0, m * n);
                    assertArrayEquals(expected, actual, m + " x " + n);
                }
            }
        }
    }

    @Test
    void productsBeyondThoseKeptAreWrittenAgain() {
        try (OneDnn library = library();
                Arena arena = Arena.ofConfined()) {
            Scratch scratch = new Scratch();
            long x = random(arena, 300);
            long y = Memory.allocate(arena, 4L * 300);
            for (int m = 1; m <= 300; m++) {
                library.product(new OneDnn.Shape(DType.F32, m, 1, 1, 1, 1, 1, 1, 1))
                        .run(x, x, y, scratch);
                assertEquals(Memory.get(x + 4L * (m - 1)) * Memory.get(x), Memory.get(y + 4L * (m - 1)), "of " + m);
            }
            Memory.fill(y, 4, (byte) 0xFF);
            library.product(new OneDnn.Shape(DType.F32, 1, 1, 1, 1, 1, 1, 1, 1)).run(x, x, y, scratch);
            assertEquals(Memory.get(x) * Memory.get(x), Memory.get(y));
        }
    }

    private static long random(Arena arena, int size) {
        long address = Memory.allocate(arena, 4L * size);
        SplittableRandom random = new SplittableRandom(42);
        for (int i = 0; i < size; i++) {
            Memory.set(address + 4L * i, (float) random.nextDouble(-1, 1));
        }
        return address;
    }
}
