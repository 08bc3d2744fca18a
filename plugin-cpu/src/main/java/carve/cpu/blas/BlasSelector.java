package carve.cpu.blas;

import carve.api.device.DeviceException;
import carve.cpu.config.CpuConfig;
import carve.cpu.thread.ThreadPool;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Optional;

/**
 * Which products of F32 go to a library of others, and whether there is one; said once in the log.
 *
 * <p>The rule is by size alone, never by timing, so that the same program gives the same bits.
 */
public final class BlasSelector {
    /** The least extent of a product that {@code auto} gives to ND4J: from there on it was measured to be faster. */
    private static final int ND4J_MIN_EXTENT = 1024;
    /** The least work of a product that {@code auto} gives to oneDNN. */
    private static final long ONEDNN_MIN_WORK = 1L << 24;

    private static final int MIN_EXTENT = 64;
    private static final long MIN_WORK = 64L * 64 * 64;

    private static final System.Logger LOG = System.getLogger(
            BlasSelector.class.getModule().isNamed()
                    ? BlasSelector.class.getModule().getName()
                    : BlasSelector.class.getPackageName());

    private final CpuConfig.BlasMode policy;
    private final int batchInvariantRows;
    private final LazyOneDnn lazy;
    private final ThreadPool threadPool;
    private Optional<Optional<Blas>> oneDnn = Optional.empty();
    private Optional<Optional<Blas>> nd4j = Optional.empty();

    public BlasSelector(CpuConfig config, LazyOneDnn lazy, ThreadPool threadPool) {
        this.policy = config.blasMode();
        this.batchInvariantRows = config.batchInvariantRows();
        this.lazy = lazy;
        this.threadPool = threadPool;
    }

    /**
     * Returns the library that is to compute a product of these extents, if one is. Left operands that lie transposed, as for
     * gradients of weights, {@code auto} does not give to oneDNN, which copies them: at (576, 1500) x (1500, 192) our own loops
     * were a quarter faster.
     */
    public Optional<Blas> select(int m, int n, int k, boolean transposeA) {
        int least = Math.min(m, Math.min(n, k));
        long work = (long) m * n * k;
        return switch (policy) {
            case AUTO ->
                m > batchInvariantRows && least >= MIN_EXTENT && work >= ONEDNN_MIN_WORK
                        ? (transposeA ? Optional.<Blas>empty() : oneDnn())
                                .or(() -> least >= ND4J_MIN_EXTENT ? nd4j() : Optional.empty())
                        : Optional.empty();
            case ONEDNN -> work >= MIN_WORK ? oneDnn() : Optional.empty();
            case ND4J -> work >= MIN_WORK ? nd4j() : Optional.empty();
            case BUILTIN -> Optional.empty();
        };
    }

    private Optional<Blas> oneDnn() {
        if (oneDnn.isEmpty()) {
            Optional<Blas> found = lazy.engine().map(library -> new OneDnnBlas(library, threadPool));
            logChoice("oneDNN", found, lazy.reason(), policy == CpuConfig.BlasMode.ONEDNN);
            oneDnn = Optional.of(found);
        }
        return oneDnn.get();
    }

    private Optional<Blas> nd4j() {
        if (nd4j.isEmpty()) {
            Optional<Blas> found = Optional.empty();
            String reason = "";
            try {
                found = Optional.of(new Nd4jBlas());
            } catch (LinkageError | RuntimeException e) { // what a missing library throws depends on what is missing
                reason = e.toString();
            }
            logChoice("ND4J", found, reason, policy == CpuConfig.BlasMode.ND4J);
            nd4j = Optional.of(found);
        }
        return nd4j.get();
    }

    private void logChoice(String name, Optional<Blas> found, String reason, boolean required) {
        String chosen = "blas = " + policy.name().toLowerCase(Locale.ROOT);
        if (found.isPresent()) {
            LOG.log(Level.INFO, "large products run on {0} ({1})", found.get().description(), chosen);
        } else if (required) {
            throw new DeviceException("cpu: %s, but %s does not start here: %s; blas = auto does without it"
                    .formatted(chosen, name, reason));
        } else {
            LOG.log(Level.INFO, "large products do not run on {0}, it does not start here: {1}", name, reason);
        }
    }
}
