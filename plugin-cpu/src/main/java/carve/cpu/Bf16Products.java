package carve.cpu;

import carve.api.device.DeviceException;
import carve.api.tensor.DType;
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
final class Bf16Products {
    private static final long LEAST = 1L << 23;
    private static final long WIDENED = 1L << 22;

    private static final System.Logger LOG = System.getLogger(
            Bf16Products.class.getModule().isNamed()
                    ? Bf16Products.class.getModule().getName()
                    : Bf16Products.class.getPackageName());

    private final CpuConfig.Bf16 policy;
    private final LazyOneDnn lazy;
    private final Workers workers;
    private final Pool pool;
    private boolean tried;
    private Optional<OneDnn> library = Optional.empty();

    Bf16Products(CpuConfig.Bf16 policy, LazyOneDnn lazy, Workers workers, Pool pool) {
        this.policy = policy;
        this.lazy = lazy;
        this.workers = workers;
        this.pool = pool;
    }

    /** Returns whether a product of this many rows is computed here; starts the library if it is the first that may be. */
    boolean takes(Rows.Product p, int m) {
        return policy != CpuConfig.Bf16.OWN
                && (p.dtype() == DType.BF16 || p.dtype().isQuantised())
                && (long) m * p.n() * p.k() >= LEAST
                && library().isPresent();
    }

    private Optional<OneDnn> library() {
        if (!tried) {
            tried = true;
            library = lazy.library().filter(OneDnn::multipliesBf16);
            String reason = lazy.library().isPresent() ? "this processor has no instructions for it" : lazy.reason();
            if (library.isPresent()) {
                LOG.log(
                        Level.INFO,
                        "prompts are multiplied with narrow weights in BF16, by oneDNN (bf16 = {0})",
                        name());
            } else if (policy == CpuConfig.Bf16.ONEDNN) {
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
    void multiply(Rows.Product p, int m, long x, long y) {
        try (CpuBuffer rounded = pool.take(DType.BF16.bytes((long) m * p.k()))) {
            Casts.run(workers, DType.F32, x, DType.BF16, rounded.address(), (long) m * p.k());
            if (p.dtype() == DType.BF16) {
                part(p, m, p.n(), rounded.address(), p.w(), y);
            } else {
                quantised(p, m, rounded.address(), y);
            }
        }
    }

    private void quantised(Rows.Product p, int m, long x, long y) {
        int most = Math.clamp(WIDENED / p.k(), 1, p.n());
        try (CpuBuffer widened = pool.take(DType.BF16.bytes((long) most * p.k()))) {
            for (int n = 0; n < p.n(); n += most) {
                int count = Math.min(most, p.n() - n);
                widen(p, n, count, widened.address());
                part(p, m, count, x, widened.address(), y + 4L * n);
            }
        }
    }

    private void widen(Rows.Product p, int first, int count, long to) {
        int each = Math.max(1, 64 * 1024 / p.k());
        workers.run((count + each - 1) / each, (task, scratch) -> {
            float[] room = scratch.floats(0, Dots.whole(p.k()));
            for (int i = task * each; i < Math.min(count, (task + 1) * each); i++) {
                Widening.bf16(p.dtype(), p.row(first + i), p.k(), to + 2L * i * p.k(), room);
            }
        });
    }

    private void part(Rows.Product p, int m, int n, long x, long w, long y) {
        var shape = new OneDnn.Shape(DType.BF16, m, n, p.k(), p.k(), 1, 1, p.k(), p.n());
        Grid.multiply(library.orElseThrow(), workers, shape, x, w, y);
    }
}
