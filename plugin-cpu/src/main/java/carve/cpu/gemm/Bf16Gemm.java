package carve.cpu.gemm;

import carve.api.device.DeviceException;
import carve.api.tensor.DType;
import carve.cpu.blas.BlockedMatmul;
import carve.cpu.blas.LazyOneDnn;
import carve.cpu.blas.OneDnnEngine;
import carve.cpu.config.CpuConfig.Bf16Mode;
import carve.cpu.memory.BufferPool;
import carve.cpu.memory.CpuBuffer;
import carve.cpu.simd.Casts;
import carve.cpu.thread.ThreadPool;
import java.lang.System.Logger.Level;
import java.util.Locale;

/**
 * Linear layers on many rows with weights in BF16 or quantised on the processor's BF16 instructions, {@code y (M, N) = x (M, K)
 * W (N, K)^T}, which do twice as many operations as those for F32.
 *
 * <p>x is rounded to BF16. BF16 weights are read in place; quantised weights are dequantised to BF16, some rows at a time, which
 * loses less than their own rounding did: at most 1 part in 256, where a step of Q8_0 is 1 in 127 of the largest of 32 and one
 * of Q4_0 is 1 in 8. Products are added in F32. Weights in F16 and F32 have more bits and are not supported.
 */
final class Bf16Gemm implements GemmKernel {
    private static final long MAX_DEQUANTISED_ELEMENTS = 1L << 22;

    private static final System.Logger LOG = System.getLogger(
            Bf16Gemm.class.getModule().isNamed()
                    ? Bf16Gemm.class.getModule().getName()
                    : Bf16Gemm.class.getPackageName());

    private final Bf16Mode mode;
    private final LazyOneDnn oneDnn;
    private final ThreadPool threadPool;
    private final BufferPool bufferPool;
    private boolean logged;

    Bf16Gemm(Bf16Mode mode, LazyOneDnn oneDnn, ThreadPool threadPool, BufferPool bufferPool) {
        this.mode = mode;
        this.oneDnn = oneDnn;
        this.threadPool = threadPool;
        this.bufferPool = bufferPool;
    }

    /**
     * Returns the reason why BF16 products are not available, or an empty string; loads oneDNN at the first call.
     *
     * @throws DeviceException if the settings require BF16 products and they are not available
     */
    String reasonAgainst() {
        boolean supported = oneDnn.engine().filter(OneDnnEngine::supportsBf16).isPresent();
        String reason = supported
                ? ""
                : oneDnn.engine().isPresent() ? "the processor has neither AVX512_BF16 nor AMX" : oneDnn.reason();
        if (!supported && mode == Bf16Mode.ONEDNN) {
            throw new DeviceException(
                    "cpu: bf16-gemm = onednn, but BF16 matrix products are not available: %s; use bf16-gemm = auto"
                            .formatted(reason));
        }
        log(reason);
        return reason;
    }

    private void log(String reason) {
        if (logged) {
            return;
        }
        logged = true;
        if (reason.isEmpty()) {
            LOG.log(
                    Level.INFO,
                    "prefill runs BF16 and quantised weights through oneDNN in BF16 (bf16-gemm = {0})",
                    mode.name().toLowerCase(Locale.ROOT));
        } else {
            LOG.log(
                    Level.INFO,
                    "BF16 and quantised weights are converted to F32; no BF16 matrix products: {0}",
                    reason);
        }
    }

    /** Writes C, without the bias. */
    @Override
    public void multiply(GemmProblem problem) {
        LinearWeights p = problem.weights();
        int m = problem.m();
        long x = problem.a().address();
        long y = problem.c().address();
        try (CpuBuffer rounded = bufferPool.allocate(DType.BF16.bytes((long) m * p.k()))) {
            Casts.cast(threadPool, DType.F32, x, DType.BF16, rounded.address(), (long) m * p.k());
            if (p.dtype() == DType.BF16) {
                multiplyBlock(p, m, p.n(), rounded.address(), p.address(), y);
            } else {
                quantised(p, m, rounded.address(), y);
            }
        }
    }

    private void quantised(LinearWeights p, int m, long x, long y) {
        int most = Math.clamp(MAX_DEQUANTISED_ELEMENTS / p.k(), 1, p.n());
        try (CpuBuffer dequantised = bufferPool.allocate(DType.BF16.bytes((long) most * p.k()))) {
            for (int n = 0; n < p.n(); n += most) {
                int count = Math.min(most, p.n() - n);
                dequantise(p, n, count, dequantised.address());
                multiplyBlock(p, m, count, x, dequantised.address(), y + 4L * n);
            }
        }
    }

    private void dequantise(LinearWeights p, int first, int count, long to) {
        int each = Math.max(1, 64 * 1024 / p.k());
        threadPool.parallelFor((count + each - 1) / each, (task, scratchpad) -> {
            float[] scratch = scratchpad.floats(DotKernel.roundUpToLanes(p.k()));
            for (int i = task * each; i < Math.min(count, (task + 1) * each); i++) {
                Dequantisation.toBf16(p.dtype(), p.row(first + i), p.k(), to + 2L * i * p.k(), scratch);
            }
        });
    }

    private void multiplyBlock(LinearWeights p, int m, int n, long x, long w, long y) {
        var matmulShape = new OneDnnEngine.MatmulShape(DType.BF16, m, n, p.k(), p.k(), 1, 1, p.k(), p.n());
        BlockedMatmul.multiply(oneDnn.engine().orElseThrow(), threadPool, matmulShape, x, w, y);
    }
}
