package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Libraries and our own products agree, and the choice between them is by size. */
final class BlasTest {
    private static final int M = 65;
    private static final int N = 200;
    private static final int K = 130;

    @Test
    void nd4jAgreesWithOurOwn() {
        agrees(new Nd4jBlas());
    }

    @Test
    void oneDnnAgreesWithOurOwn() {
        try (OneDnn library = OneDnnTest.library();
                Workers workers = new Workers(3)) {
            agrees(new OneDnnBlas(library, workers));
        }
    }

    private static void agrees(Blas library) {
        try (Arena arena = Arena.ofConfined();
                Workers workers = new Workers(1)) {
            long a = random(arena, M * K);
            long b = random(arena, N * K);
            long c = Memory.allocate(arena, 4L * M * N);
            long d = Memory.allocate(arena, 4L * M * N);
            Gemm own = new Gemm(workers, choice(CpuConfig.Blas.OWN, workers));
            for (boolean transposeA : new boolean[] {false, true}) {
                for (boolean transposeB : new boolean[] {false, true}) {
                    library.multiply(M, N, K, a, transposeA, b, transposeB, c);
                    own.multiply(
                            new Gemm.Extents(1, M, N, K),
                            new Gemm.Matrix(a, transposeA ? M : K, 0),
                            transposeA,
                            new Gemm.Matrix(b, transposeB ? K : N, 0),
                            transposeB ? Gemm.Right.F32_TRANSPOSED : Gemm.Right.F32,
                            new Gemm.Matrix(d, N, 0),
                            false);
                    Checks.close(transposeA + " " + transposeB, 1e-5, floats(c), floats(d));
                }
            }
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

    private static float[] floats(long address) {
        float[] values = new float[M * N];
        Memory.copy(address, values, 0, values.length);
        return values;
    }

    private static BlasChoice choice(CpuConfig.Blas blas, Workers workers) {
        return new BlasChoice(new CpuConfig(1, blas, false), new LazyOneDnn(), workers);
    }

    @Test
    void choiceIsBySize() {
        try (Workers workers = new Workers(1)) {
            BlasChoice auto = choice(CpuConfig.Blas.AUTO, workers);
            assertTrue(auto.of(1024, 1024, 1024, false).isPresent());
            assertFalse(auto.of(8192, 8192, 63, false).isPresent());
            assertFalse(auto.of(1000, 1000, 1000, true).isPresent(), "our own are faster where the left is transposed");
            assertFalse(
                    auto.of(64, 8192, 8192, false).isPresent(), "up to 64 rows, bits do not depend on the rows beside");
            assertTrue(
                    choice(CpuConfig.Blas.ND4J, workers).of(64, 64, 64, false).isPresent());
            assertFalse(choice(CpuConfig.Blas.OWN, workers)
                    .of(4096, 4096, 4096, false)
                    .isPresent());
        }
    }
}
