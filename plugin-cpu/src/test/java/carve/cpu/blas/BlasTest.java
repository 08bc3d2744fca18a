package carve.cpu.blas;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.cpu.TestTensors;
import carve.cpu.config.CpuConfig;
import carve.cpu.gemm.Gemm;
import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.ThreadPool;
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
        try (OneDnnEngine library = OneDnnEngineTest.library();
                ThreadPool threadPool = new ThreadPool(3)) {
            agrees(new OneDnnBlas(library, threadPool));
        }
    }

    private static void agrees(Blas library) {
        try (Arena arena = Arena.ofConfined();
                ThreadPool threadPool = new ThreadPool(1)) {
            long a = random(arena, M * K);
            long b = random(arena, N * K);
            long c = NativeMemory.allocate(arena, 4L * M * N);
            long d = NativeMemory.allocate(arena, 4L * M * N);
            Gemm own = new Gemm(threadPool, choice(CpuConfig.BlasMode.BUILTIN, threadPool));
            for (boolean transposeA : new boolean[] {false, true}) {
                for (boolean transposeB : new boolean[] {false, true}) {
                    library.multiply(M, N, K, a, transposeA, b, transposeB, c);
                    own.multiply(
                            new Gemm.Dimensions(1, M, N, K),
                            new Gemm.Matrix(a, transposeA ? M : K, 0),
                            transposeA,
                            new Gemm.Matrix(b, transposeB ? K : N, 0),
                            transposeB ? Gemm.RightLayout.F32_TRANSPOSED : Gemm.RightLayout.F32,
                            new Gemm.Matrix(d, N, 0),
                            false);
                    TestTensors.assertClose(transposeA + " " + transposeB, 1e-5, floats(c), floats(d));
                }
            }
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

    private static float[] floats(long address) {
        float[] values = new float[M * N];
        NativeMemory.copy(address, values, 0, values.length);
        return values;
    }

    private static BlasSelector choice(CpuConfig.BlasMode blasMode, ThreadPool threadPool) {
        return new BlasSelector(new CpuConfig(1, blasMode, false), new LazyOneDnn(), threadPool);
    }

    @Test
    void choiceIsBySize() {
        try (ThreadPool threadPool = new ThreadPool(1)) {
            BlasSelector auto = choice(CpuConfig.BlasMode.AUTO, threadPool);
            assertTrue(auto.select(1024, 1024, 1024, false).isPresent());
            assertFalse(auto.select(8192, 8192, 63, false).isPresent());
            assertFalse(
                    auto.select(1000, 1000, 1000, true).isPresent(), "our own are faster where the left is transposed");
            assertFalse(
                    auto.select(64, 8192, 8192, false).isPresent(),
                    "up to 64 rows, bits do not depend on the rows beside");
            assertTrue(choice(CpuConfig.BlasMode.ND4J, threadPool)
                    .select(64, 64, 64, false)
                    .isPresent());
            assertFalse(choice(CpuConfig.BlasMode.BUILTIN, threadPool)
                    .select(4096, 4096, 4096, false)
                    .isPresent());
        }
    }
}
