package carve.cpu.blas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.DeviceException;
import carve.cpu.TestTensors;
import carve.cpu.config.CpuConfig;
import carve.cpu.gemm.Gemm;
import carve.cpu.gemm.GemmProblem;
import carve.cpu.gemm.GemmStrategies;
import carve.cpu.gemm.Matrix;
import carve.cpu.gemm.RightLayout;
import carve.cpu.memory.BufferPool;
import carve.cpu.memory.NativeMemory;
import carve.cpu.thread.ThreadPool;
import java.lang.foreign.Arena;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Libraries and built-in products agree. */
final class BlasTest {
    private static final int M = 65;
    private static final int N = 200;
    private static final int K = 130;

    @Test
    void nd4jAgreesWithBuiltinProducts() {
        agrees(new Nd4jBlas());
    }

    @Test
    void oneDnnAgreesWithBuiltinProducts() {
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
            Gemm own = builtin(threadPool);
            for (boolean transposeA : new boolean[] {false, true}) {
                for (boolean transposeB : new boolean[] {false, true}) {
                    library.multiply(M, N, K, a, transposeA, b, transposeB, c);
                    own.multiply(GemmProblem.matmul(
                            1,
                            M,
                            N,
                            K,
                            new Matrix(a, transposeA ? M : K, 0),
                            transposeA,
                            new Matrix(b, transposeB ? K : N, 0),
                            transposeB ? RightLayout.F32_TRANSPOSED : RightLayout.F32,
                            new Matrix(d, N, 0)));
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

    private static Gemm builtin(ThreadPool threadPool) {
        var config = new CpuConfig(1, CpuConfig.BlasMode.BUILTIN, false);
        var strategies = new GemmStrategies(config, threadPool, new BufferPool(false), new LazyOneDnn(), 0);
        return new Gemm(threadPool, strategies.table());
    }

    @Test
    void missingLibrariesAreRefusedWhereTheyAreRequired() {
        LazyOneDnn missing = new LazyOneDnn(() -> {
            throw new DeviceException("no jar");
        });
        try (ThreadPool threadPool = new ThreadPool(1)) {
            assertEquals(
                    "no jar",
                    LazyBlas.oneDnn(CpuConfig.BlasMode.AUTO, missing, threadPool)
                            .reasonAgainst());
            LazyBlas required = LazyBlas.oneDnn(CpuConfig.BlasMode.ONEDNN, missing, threadPool);
            for (int i = 0; i < 2; i++) {
                assertEquals(
                        "cpu: blas = onednn, but oneDNN could not be loaded: no jar; use blas = auto",
                        assertThrows(DeviceException.class, required::reasonAgainst)
                                .getMessage());
            }
        }
    }
}
