package carve.cpu.gemm;

import carve.api.device.DeviceException;
import carve.api.tensor.DType;
import carve.cpu.blas.BlockedMatmul;
import carve.cpu.blas.LazyOneDnn;
import carve.cpu.blas.OneDnnEngine;
import carve.cpu.config.CpuConfig;
import carve.cpu.memory.BufferPool;
import carve.cpu.memory.CpuBuffer;
import carve.cpu.simd.Casts;
import carve.cpu.thread.ThreadPool;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Optional;

/**
 * Products of many rows with weights in BF16, Q8_0 or Q4_0 on the processor's instructions for BF16, {@code y (M, N) = x (M, K)
 * W (N, K)^T}, which do twice as many operations as those for F32.
 *
 * <p>x is rounded to BF16. Weights in BF16 are read where they lie; quantised ones are written as BF16, some rows at a time,
 * which takes less from them than their own rounding did: at most 1 part in 256, where a step of Q8_0 is 1 in 127 of the
 * largest of 32 and one of Q4_0 is 1 in 8. Products are added in F32. Weights in F16 and F32 have more bits and do not come here.
 */
public final class Bf16Gemm {
    private static final long MIN_WORK = 1L << 23;
    private static final long MAX_DEQUANTISED_ELEMENTS = 1L << 22;

    private static final System.Logger LOG = System.getLogger(
            Bf16Gemm.class.getModule().isNamed()
                    ? Bf16Gemm.class.getModule().getName()
                    : Bf16Gemm.class.getPackageName());

    private final CpuConfig.Bf16Mode policy;
    private final LazyOneDnn lazy;
    private final ThreadPool threadPool;
    private final BufferPool bufferPool;
    private boolean tried;
    private Optional<OneDnnEngine> library = Optional.empty();

    public Bf16Gemm(CpuConfig.Bf16Mode policy, LazyOneDnn lazy, ThreadPool threadPool, BufferPool bufferPool) {
        this.policy = policy;
        this.lazy = lazy;
        this.threadPool = threadPool;
        this.bufferPool = bufferPool;
    }

    /** Returns whether a product of this many rows is computed here; starts the library if it is the first that may be. */
    public boolean supports(DotGemm.LinearWeights p, int m) {
        return policy != CpuConfig.Bf16Mode.BUILTIN
                && (p.dtype() == DType.BF16 || p.dtype().isQuantised())
                && (long) m * p.n() * p.k() >= MIN_WORK
                && library().isPresent();
    }

    private Optional<OneDnnEngine> library() {
        if (!tried) {
            tried = true;
            library = lazy.engine().filter(OneDnnEngine::supportsBf16);
            String reason = lazy.engine().isPresent() ? "this processor has no instructions for it" : lazy.reason();
            if (library.isPresent()) {
                LOG.log(
                        Level.INFO,
                        "prompts are multiplied with narrow weights in BF16, by oneDNN (bf16 = {0})",
                        name());
            } else if (policy == CpuConfig.Bf16Mode.ONEDNN) {
                tried = false;
                throw new DeviceException(
                        "cpu: bf16 = onednn, but BF16 is not multiplied here: %s; bf16 = auto does without it"
                                .formatted(reason));
            } else {
                LOG.log(Level.INFO, "narrow weights are widened to F32, BF16 is not multiplied here: {0}", reason);
            }
        }
        return library;
    }

    private String name() {
        return policy.name().toLowerCase(Locale.ROOT);
    }

    /** Writes y, without a bias. */
    public void multiply(DotGemm.LinearWeights p, int m, long x, long y) {
        try (CpuBuffer rounded = bufferPool.allocate(DType.BF16.bytes((long) m * p.k()))) {
            Casts.cast(threadPool, DType.F32, x, DType.BF16, rounded.address(), (long) m * p.k());
            if (p.dtype() == DType.BF16) {
                multiplyBlock(p, m, p.n(), rounded.address(), p.address(), y);
            } else {
                quantised(p, m, rounded.address(), y);
            }
        }
    }

    private void quantised(DotGemm.LinearWeights p, int m, long x, long y) {
        int most = Math.clamp(MAX_DEQUANTISED_ELEMENTS / p.k(), 1, p.n());
        try (CpuBuffer widened = bufferPool.allocate(DType.BF16.bytes((long) most * p.k()))) {
            for (int n = 0; n < p.n(); n += most) {
                int count = Math.min(most, p.n() - n);
                dequantise(p, n, count, widened.address());
                multiplyBlock(p, m, count, x, widened.address(), y + 4L * n);
            }
        }
    }

    private void dequantise(DotGemm.LinearWeights p, int first, int count, long to) {
        int each = Math.max(1, 64 * 1024 / p.k());
        threadPool.parallelFor((count + each - 1) / each, (task, scratchpad) -> {
            float[] scratch = scratchpad.floats(DotKernel.roundUpToLanes(p.k()));
            for (int i = task * each; i < Math.min(count, (task + 1) * each); i++) {
                Dequantisation.bf16(p.dtype(), p.row(first + i), p.k(), to + 2L * i * p.k(), scratch);
            }
        });
    }

    private void multiplyBlock(DotGemm.LinearWeights p, int m, int n, long x, long w, long y) {
        var matmulShape = new OneDnnEngine.MatmulShape(DType.BF16, m, n, p.k(), p.k(), 1, 1, p.k(), p.n());
        BlockedMatmul.multiply(library.orElseThrow(), threadPool, matmulShape, x, w, y);
    }
}
