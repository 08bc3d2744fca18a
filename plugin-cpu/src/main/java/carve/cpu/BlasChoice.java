package carve.cpu;

import carve.api.device.DeviceException;
import java.lang.System.Logger.Level;
import java.util.Locale;
import java.util.Optional;

/**
 * Which products go to a library of others, and whether there is one; said once in the log.
 *
 * <p>The rule is by size alone, never by timing, so that the same program gives the same bits.
 */
final class BlasChoice {
    /** The least extent of a product that {@code auto} gives away: from there on ND4J was measured to be faster. */
    private static final int LARGE = 1024;

    private static final System.Logger LOG = System.getLogger(
            BlasChoice.class.getModule().isNamed()
                    ? BlasChoice.class.getModule().getName()
                    : BlasChoice.class.getPackageName());

    private final CpuConfig.Blas policy;
    private boolean tried;
    private Optional<Blas> library = Optional.empty();

    BlasChoice(CpuConfig.Blas policy) {
        this.policy = policy;
    }

    /** Returns the library that is to compute a product of these extents, if one is. */
    Optional<Blas> of(int m, int n, int k) {
        int least = Math.min(m, Math.min(n, k));
        boolean wanted = switch (policy) {
            case AUTO -> least >= LARGE;
            case ND4J -> (long) m * n * k >= 64L * 64 * 64;
            case OWN -> false;
        };
        return wanted ? library() : Optional.empty();
    }

    private Optional<Blas> library() {
        if (!tried) {
            tried = true;
            library = open();
        }
        return library;
    }

    private Optional<Blas> open() {
        try {
            Blas blas = new Nd4jBlas();
            LOG.log(
                    Level.INFO,
                    "large products run on {0} (blas = {1})",
                    blas.description(),
                    policy.name().toLowerCase(Locale.ROOT));
            return Optional.of(blas);
        } catch (LinkageError | RuntimeException e) { // what a missing library throws depends on what is missing
            if (policy == CpuConfig.Blas.ND4J) {
                throw new DeviceException(
                        "cpu: blas = nd4j, but ND4J does not start here: " + e + "; blas = auto does without it", e);
            }
            LOG.log(Level.INFO, "large products run on our own kernels, ND4J does not start here: {0}", e.toString());
            return Optional.empty();
        }
    }
}
