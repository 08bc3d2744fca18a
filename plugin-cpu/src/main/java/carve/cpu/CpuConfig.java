package carve.cpu;

import carve.api.config.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The settings of the CPU device.
 *
 * @param threads threads that compute, the caller's included; at least 1
 * @param blas whether ND4J computes large products
 * @param poison whether new memory is filled with NaN, so that values nobody wrote are found
 * @param exactRows up to how many rows are multiplied with weights so that the bits of a row do not depend on how many there
 *     are; products of more rows may be faster and round differently
 * @param mapWeights whether weights are read where the mapped file lies, without a copy
 */
public record CpuConfig(int threads, Blas blas, boolean poison, int exactRows, boolean mapWeights) {
    /** The rows up to which products are exact where nothing else is said. */
    public static final int EXACT_ROWS = 64;

    /** Who computes large products of matrices. */
    public enum Blas {
        /** ND4J where it is there and all extents are so large that it is faster; our own kernels elsewhere. */
        AUTO,
        /** ND4J, except for small ones; an error where it does not start. */
        ND4J,
        /** Our own kernels. */
        OWN
    }

    /** Checks that there is a thread. */
    public CpuConfig {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, is " + threads);
        }
        if (exactRows < 1) {
            throw new IllegalArgumentException("exact-rows must be at least 1, is " + exactRows);
        }
    }

    /** Makes a configuration with the usual number of exact rows and mapped weights. */
    public CpuConfig(int threads, Blas blas, boolean poison) {
        this(threads, blas, poison, EXACT_ROWS, true);
    }

    /** Returns what {@code reference.conf} says: all processors, ND4J for large products, no poison. */
    public static CpuConfig standard() {
        return new CpuConfig(Runtime.getRuntime().availableProcessors(), Blas.AUTO, false);
    }

    /** Returns the configuration that settings give; keys that are not there keep their standard. */
    public static CpuConfig from(Settings settings) {
        CpuConfig standard = standard();
        int threads = settings.has("threads") ? settings.integer("threads") : 0;
        if (threads < 0) {
            throw settings.error("threads", "must be positive, or 0 for all processors, is " + threads);
        }
        Blas blas = settings.has("blas") ? blas(settings) : standard.blas();
        boolean poison = settings.has("poison") ? settings.flag("poison") : standard.poison();
        int exactRows = settings.has("exact-rows") ? settings.integer("exact-rows") : standard.exactRows();
        if (exactRows < 1) {
            throw settings.error("exact-rows", "must be at least 1, is " + exactRows);
        }
        boolean mapWeights = settings.has("map-weights") ? settings.flag("map-weights") : standard.mapWeights();
        return new CpuConfig(threads == 0 ? standard.threads() : threads, blas, poison, exactRows, mapWeights);
    }

    private static Blas blas(Settings settings) {
        String name = settings.string("blas");
        List<String> names = Arrays.stream(Blas.values())
                .map(blas -> blas.name().toLowerCase(Locale.ROOT))
                .toList();
        if (!names.contains(name)) {
            throw settings.error("blas", "must be one of %s, is %s".formatted(String.join(", ", names), name));
        }
        return Blas.values()[names.indexOf(name)];
    }
}
