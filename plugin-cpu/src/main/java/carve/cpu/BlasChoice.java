package carve.cpu;

import carve.api.device.DeviceException;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Optional;

/**
 * Which products of F32 go to a library of others, and whether there is one; said once in the log.
 *
 * <p>The rule is by size alone, never by timing, so that the same program gives the same bits.
 */
final class BlasChoice {
    /** The least extent of a product that {@code auto} gives to ND4J: from there on it was measured to be faster. */
    private static final int LARGE = 1024;
    /** The least work of a product that {@code auto} gives to oneDNN. */
    private static final long WORK = 1L << 24;

    private static final int LEAST = 64;
    private static final long SMALL = 64L * 64 * 64;

    private static final System.Logger LOG = System.getLogger(
            BlasChoice.class.getModule().isNamed()
                    ? BlasChoice.class.getModule().getName()
                    : BlasChoice.class.getPackageName());

    private final CpuConfig.Blas policy;
    private final int exactRows;
    private final LazyOneDnn lazy;
    private final Workers workers;
    private Optional<Optional<Blas>> oneDnn = Optional.empty();
    private Optional<Optional<Blas>> nd4j = Optional.empty();

    BlasChoice(CpuConfig config, LazyOneDnn lazy, Workers workers) {
        this.policy = config.blas();
        this.exactRows = config.exactRows();
        this.lazy = lazy;
        this.workers = workers;
    }

    /**
     * Returns the library that is to compute a product of these extents, if one is. Left operands that lie transposed, as for
     * gradients of weights, {@code auto} does not give to oneDNN, which copies them: at (576, 1500) x (1500, 192) our own loops
     * were a quarter faster.
     */
    Optional<Blas> of(int m, int n, int k, boolean transposeA) {
        int least = Math.min(m, Math.min(n, k));
        long work = (long) m * n * k;
        return switch (policy) {
            case AUTO ->
                m > exactRows && least >= LEAST && work >= WORK
                        ? (transposeA ? Optional.<Blas>empty() : oneDnn())
                                .or(() -> least >= LARGE ? nd4j() : Optional.empty())
                        : Optional.empty();
            case ONEDNN -> work >= SMALL ? oneDnn() : Optional.empty();
            case ND4J -> work >= SMALL ? nd4j() : Optional.empty();
            case OWN -> Optional.empty();
        };
    }

    private Optional<Blas> oneDnn() {
        if (oneDnn.isEmpty()) {
            Optional<Blas> found = lazy.library().map(library -> new OneDnnBlas(library, workers));
            say("oneDNN", found, lazy.reason(), policy == CpuConfig.Blas.ONEDNN);
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
            say("ND4J", found, reason, policy == CpuConfig.Blas.ND4J);
            nd4j = Optional.of(found);
        }
        return nd4j.get();
    }

    private void say(String name, Optional<Blas> found, String reason, boolean required) {
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
