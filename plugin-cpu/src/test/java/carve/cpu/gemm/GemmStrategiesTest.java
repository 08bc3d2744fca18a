package carve.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.DetailTable;
import carve.api.device.DeviceException;
import carve.api.tensor.DType;
import carve.cpu.CpuDevice;
import carve.cpu.blas.LazyOneDnn;
import carve.cpu.config.CpuConfig;
import carve.cpu.config.CpuConfig.Bf16Mode;
import carve.cpu.config.CpuConfig.BlasMode;
import carve.cpu.config.CpuConfig.MachineCodeMode;
import carve.cpu.jit.JitSupport;
import carve.cpu.memory.BufferPool;
import carve.cpu.thread.ThreadPool;
import carve.testkit.LoggedAssumptions;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The table of matrix products: extents, storage and settings alone decide, and each limit is where the table says. */
final class GemmStrategiesTest {
    private static final int THREADS = 2;

    private static CpuConfig config(BlasMode blas, Bf16Mode bf16, MachineCodeMode machineCode) {
        return new CpuConfig(THREADS, blas, bf16, machineCode, false, CpuConfig.BATCH_INVARIANT_ROWS, true);
    }

    /** A device without oneDNN, unless it is asked for. */
    private static String select(CpuConfig config, LazyOneDnn oneDnn, long scalarWork, GemmProblem problem) {
        try (ThreadPool threadPool = new ThreadPool(config.threads());
                BufferPool bufferPool = new BufferPool(false);
                LazyOneDnn library = oneDnn;
                var strategies = new GemmStrategies(config, threadPool, bufferPool, library, scalarWork)) {
            return new Gemm(threadPool, strategies.table()).select(problem).name();
        }
    }

    private static LazyOneDnn missing() {
        return new LazyOneDnn(() -> {
            throw new DeviceException("no jar");
        });
    }

    private static String vectors(GemmProblem problem) {
        return select(config(BlasMode.BUILTIN, Bf16Mode.AUTO, MachineCodeMode.OFF), missing(), 0, problem);
    }

    private static GemmProblem linear(DType dtype, int m, int n, int k) {
        return GemmProblem.linear(new LinearWeights(n, k, 0, dtype, 0), m, 0, 0);
    }

    private static GemmProblem matmul(int batch, int m, int n, int k, boolean transposeA) {
        return GemmProblem.matmul(
                batch,
                m,
                n,
                k,
                new Matrix(0, transposeA ? m : k, (long) m * k),
                transposeA,
                new Matrix(0, n, (long) k * n),
                RightLayout.F32,
                new Matrix(0, n, (long) m * n));
    }

    @Test
    void fewRowsWithWeightsAreBatchInvariant() {
        for (DType dtype : WeightTypes.all()) {
            assertEquals("gemv", vectors(linear(dtype, 1, 4096, 4096)));
            assertEquals("dot-gemm", vectors(linear(dtype, 2, 4096, 4096)));
            assertEquals("dot-gemm", vectors(linear(dtype, 64, 4096, 4096)));
            assertEquals("packed-gemm", vectors(linear(dtype, 65, 4096, 4096)));
        }
    }

    @Test
    void theFirstProductsAreScalarWithTheSameBits() {
        CpuConfig config = config(BlasMode.AUTO, Bf16Mode.AUTO, MachineCodeMode.OFF);
        assertEquals("scalar-gemm", select(config, missing(), 100, linear(DType.F32, 1, 10, 10)));
        assertEquals("scalar-gemm", select(config, missing(), 100, linear(DType.BF16, 2, 5, 10)));
        assertEquals("gemv", select(config, missing(), 99, linear(DType.F32, 1, 10, 10)));
        assertEquals("dot-gemm", select(config, missing(), 1000, linear(DType.F16, 2, 5, 10)));
    }

    @Test
    void matrixProductsAreDividedBySize() {
        assertEquals("empty", vectors(matmul(1, 5, 5, 0, false)));
        assertEquals("serial-gemm", vectors(matmul(1, 64, 64, 64, false)));
        assertEquals("batched-gemm", vectors(matmul(2, 64, 64, 64, false)));
        assertEquals("packed-gemm", vectors(matmul(7, 64, 64, 65, false)));
        assertEquals("batched-gemm", vectors(matmul(8, 64, 64, 65, false)));
        CpuConfig one = new CpuConfig(1, BlasMode.BUILTIN, false);
        assertEquals("serial-gemm", select(one, missing(), 0, matmul(1, 512, 512, 512, false)));
        assertEquals("packed-gemm", select(one, missing(), 0, matmul(1, 512, 512, 513, false)));
    }

    @Test
    void machineCodeTakesAllLinearLayersUnlessALibraryIsAskedFor() {
        LoggedAssumptions.assumeTrue(
                JitSupport.reasonAgainst(MachineCodeMode.AUTO).isEmpty(), "machine code is for x86-64 with AVX-512");
        GemmProblem few = linear(DType.F32, 64, 512, 512);
        GemmProblem many = linear(DType.F32, 512, 512, 512);
        for (BlasMode blas : BlasMode.values()) {
            CpuConfig config = config(blas, Bf16Mode.BUILTIN, MachineCodeMode.AUTO);
            assertEquals("jit-skinny-gemm", select(config, new LazyOneDnn(), 0, few));
        }
        CpuConfig auto = config(BlasMode.AUTO, Bf16Mode.BUILTIN, MachineCodeMode.AUTO);
        assertEquals("jit-skinny-gemm", select(auto, new LazyOneDnn(), 0, many));
        CpuConfig nd4j = config(BlasMode.ND4J, Bf16Mode.BUILTIN, MachineCodeMode.AUTO);
        assertEquals("nd4j-f32", select(nd4j, new LazyOneDnn(), 0, many));
    }

    @Test
    void librariesTakeLargeDenseProducts() {
        CpuConfig auto = config(BlasMode.AUTO, Bf16Mode.AUTO, MachineCodeMode.OFF);
        assertEquals("onednn-f32", select(auto, new LazyOneDnn(), 0, matmul(1, 1024, 1024, 1024, false)));
        assertEquals("nd4j-f32", select(auto, missing(), 0, matmul(1, 1024, 1024, 1024, false)));
        assertEquals("nd4j-f32", select(auto, new LazyOneDnn(), 0, matmul(1, 1024, 1024, 1024, true)));
        assertEquals("packed-gemm", select(auto, new LazyOneDnn(), 0, matmul(1, 1000, 1000, 1000, true)));
        assertEquals("packed-gemm", select(auto, missing(), 0, matmul(1, 1000, 1000, 1000, false)));
        assertEquals("packed-gemm", select(auto, new LazyOneDnn(), 0, matmul(1, 8192, 8192, 63, false)));
        assertEquals("packed-gemm", select(auto, new LazyOneDnn(), 0, matmul(1, 64, 8192, 8192, false)));
        assertEquals("onednn-f32", select(auto, new LazyOneDnn(), 0, matmul(1, 65, 8192, 8192, false)));
        CpuConfig nd4j = config(BlasMode.ND4J, Bf16Mode.AUTO, MachineCodeMode.OFF);
        assertEquals("nd4j-f32", select(nd4j, missing(), 0, matmul(1, 64, 64, 65, false)));
        assertEquals("packed-gemm", vectors(matmul(1, 4096, 4096, 4096, false)));
    }

    @Test
    void narrowWeightsTakeBf16WhereItIsAvailable() {
        CpuConfig auto = config(BlasMode.AUTO, Bf16Mode.AUTO, MachineCodeMode.OFF);
        CpuConfig builtin = config(BlasMode.BUILTIN, Bf16Mode.BUILTIN, MachineCodeMode.OFF);
        GemmProblem problem = linear(DType.BF16, 512, 1024, 1024);
        assertEquals("packed-gemm", select(auto, missing(), 0, problem));
        assertEquals("packed-gemm", select(builtin, new LazyOneDnn(), 0, problem));
        CpuConfig required = config(BlasMode.AUTO, Bf16Mode.ONEDNN, MachineCodeMode.OFF);
        assertThrows(DeviceException.class, () -> select(required, missing(), 0, problem));
        assertEquals("dot-gemm", select(required, missing(), 0, linear(DType.BF16, 64, 1024, 1024)));
        assertEquals("packed-gemm", select(required, missing(), 0, linear(DType.F16, 512, 1024, 1024)));
        assertEquals("packed-gemm", select(required, missing(), 0, linear(DType.BF16, 65, 353, 353)));
    }

    @Test
    void theDevicePrintsTheTable() {
        try (CpuDevice device = new CpuDevice(config(BlasMode.BUILTIN, Bf16Mode.BUILTIN, MachineCodeMode.OFF))) {
            DetailTable table = device.details().getFirst();
            assertEquals(List.of("STRATEGY", "USED FOR", "IMPLEMENTATION", "STATE"), table.columns());
            assertEquals(
                    List.of(
                            "empty: available",
                            "onednn-bf16: not available: bf16-gemm = builtin",
                            "jit-skinny-gemm: not available: machine-code = off",
                            "scalar-gemm: not available: this device was opened without warm-up",
                            "gemv: available",
                            "dot-gemm: available",
                            "serial-gemm: available",
                            "batched-gemm: available",
                            "onednn-f32: not available: blas = builtin",
                            "nd4j-f32: not available: blas = builtin",
                            "packed-gemm: available"),
                    table.rows().stream()
                            .map(row -> row.getFirst() + ": " + row.getLast())
                            .toList());
            assertTrue(table.rows().get(5).contains("weights of any type; M <= 64"));
        }
    }

    @Test
    void aRequiredLibraryThatIsMissingIsPrinted() {
        try (ThreadPool threadPool = new ThreadPool(1);
                BufferPool bufferPool = new BufferPool(false);
                var strategies = new GemmStrategies(
                        config(BlasMode.ONEDNN, Bf16Mode.AUTO, MachineCodeMode.OFF),
                        threadPool,
                        bufferPool,
                        missing(),
                        0)) {
            GemmStrategy oneDnn = strategies.table().stream()
                    .filter(strategy -> strategy.name().equals("onednn-f32"))
                    .findFirst()
                    .orElseThrow();
            assertEquals(
                    "not available: cpu: blas = onednn, but oneDNN could not be loaded: no jar; use blas = auto",
                    oneDnn.row().getLast());
        }
    }
}
