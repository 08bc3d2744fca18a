package carve.cpu;

import carve.api.config.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The settings of the CPU device.
 *
 * @param threads threads that compute, the caller's included; at least 1
 * @param blasMode who computes large products of F32
 * @param bf16Mode who computes large products with weights in fewer bits than F32
 * @param machineCode whether products with weights and steps of convolutions are machine code made at run time
 * @param poison whether new memory is filled with NaN, so that values nobody wrote are found
 * @param batchInvariantRows up to how many rows are multiplied with weights so that the bits of a row do not depend on how many there
 *     are; products of more rows may be faster and round differently
 * @param mapWeights whether weights are read where the mapped file lies, without a copy
 */
public record CpuConfig(
        int threads,
        BlasMode blasMode,
        Bf16Mode bf16Mode,
        MachineCodeMode machineCode,
        boolean poison,
        int batchInvariantRows,
        boolean mapWeights) {
    /** The rows up to which products are exact where nothing else is said. */
    public static final int BATCH_INVARIANT_ROWS = 64;

    /** Who computes large products of F32. */
    public enum BlasMode {
        /** Machine code for weights, and else oneDNN where it is there, or ND4J if extents are large; our own kernels elsewhere. */
        AUTO,
        /** oneDNN, except for small ones; an error where it does not start. */
        ONEDNN,
        /** ND4J, except for small ones; an error where it does not start. */
        ND4J,
        /** Our own kernels. */
        OWN
    }

    /** Who computes large products with weights in BF16, Q8_0 or Q4_0. */
    public enum Bf16Mode {
        /** oneDNN in BF16 where it is there and the processor multiplies BF16; our own kernels, in F32, elsewhere. */
        AUTO,
        /** oneDNN in BF16; an error where it does not start or the processor does not multiply BF16. */
        ONEDNN,
        /** Our own kernels, which widen weights to F32 part by part. */
        OWN
    }

    /** Whether machine code is made at run time. */
    public enum MachineCodeMode {
        /** Where the processor has AVX-512 and the system lets programs execute what they have written. */
        AUTO,
        /** Yes; an error where it cannot be. */
        REQUIRED,
        /** No: kernels are vectors of Java. */
        OFF
    }

    /** Checks that there is a thread. */
    public CpuConfig {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, is " + threads);
        }
        if (batchInvariantRows < 1) {
            throw new IllegalArgumentException("exact-rows must be at least 1, is " + batchInvariantRows);
        }
    }

    /**
     * Makes a configuration with the usual number of exact rows and mapped weights; where {@code blas} is our own, nobody else
     * multiplies BF16 either.
     */
    public CpuConfig(int threads, BlasMode blasMode, boolean poison) {
        this(
                threads,
                blasMode,
                blasMode == BlasMode.OWN ? Bf16Mode.OWN : Bf16Mode.AUTO,
                MachineCodeMode.AUTO,
                poison,
                BATCH_INVARIANT_ROWS,
                true);
    }

    /** Returns what {@code reference.conf} says: all processors, libraries for large products, no poison. */
    public static CpuConfig standard() {
        return new CpuConfig(Runtime.getRuntime().availableProcessors(), BlasMode.AUTO, false);
    }

    /** Returns the configuration that settings give; keys that are not there keep their standard. */
    public static CpuConfig from(Settings settings) {
        CpuConfig standard = standard();
        int threads = settings.has("threads") ? settings.integer("threads") : 0;
        if (threads < 0) {
            throw settings.error("threads", "must be positive, or 0 for all processors, is " + threads);
        }
        BlasMode blasMode = settings.has("blas") ? choice(settings, "blas", BlasMode.values()) : standard.blasMode();
        Bf16Mode bf16Mode = settings.has("bf16") ? choice(settings, "bf16", Bf16Mode.values()) : standard.bf16Mode();
        MachineCodeMode machineCode = settings.has("machine-code")
                ? choice(settings, "machine-code", MachineCodeMode.values())
                : standard.machineCode();
        boolean poison = settings.has("poison") ? settings.flag("poison") : standard.poison();
        int exactRows = settings.has("exact-rows") ? settings.integer("exact-rows") : standard.batchInvariantRows();
        if (exactRows < 1) {
            throw settings.error("exact-rows", "must be at least 1, is " + exactRows);
        }
        boolean mapWeights = settings.has("map-weights") ? settings.flag("map-weights") : standard.mapWeights();
        return new CpuConfig(
                threads == 0 ? standard.threads() : threads,
                blasMode,
                bf16Mode,
                machineCode,
                poison,
                exactRows,
                mapWeights);
    }

    private static <T extends Enum<T>> T choice(Settings settings, String key, T[] choices) {
        String name = settings.string(key);
        List<String> names = Arrays.stream(choices)
                .map(choice -> choice.name().toLowerCase(Locale.ROOT))
                .toList();
        if (!names.contains(name)) {
            throw settings.error(key, "must be one of %s, is %s".formatted(String.join(", ", names), name));
        }
        return choices[names.indexOf(name)];
    }
}
