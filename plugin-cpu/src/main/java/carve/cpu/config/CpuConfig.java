package carve.cpu.config;

import carve.api.config.Settings;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The settings of the CPU device.
 *
 * @param threads threads that compute, the caller's included; at least 1
 * @param blasMode the implementation of large F32 matrix products
 * @param bf16Mode the implementation of large matrix products with BF16 and quantised weights
 * @param machineCode whether skinny matrix products and convolution steps run as machine code made at run time
 * @param poisonMemory whether new memory is filled with NaN, to find values that are read before they are written
 * @param batchInvariantRows the rows up to which products with weights are batch-invariant: the bits of a row do not depend on the
 *     rows beside it; larger products may be faster and round differently
 * @param mapWeights whether weights are read in the memory-mapped file, without a copy
 */
public record CpuConfig(
        int threads,
        BlasMode blasMode,
        Bf16Mode bf16Mode,
        MachineCodeMode machineCode,
        boolean poisonMemory,
        int batchInvariantRows,
        boolean mapWeights) {
    /** The default of {@link #batchInvariantRows}. */
    public static final int BATCH_INVARIANT_ROWS = 64;

    /** The implementation of large F32 matrix products. */
    public enum BlasMode {
        /** Machine code for weights, else oneDNN where it is available, or ND4J for large extents; otherwise built-in kernels. */
        AUTO,
        /** oneDNN, except for small products; an error where it cannot be loaded. */
        ONEDNN,
        /** ND4J, except for small products; an error where it cannot be loaded. */
        ND4J,
        /** Built-in kernels. */
        BUILTIN
    }

    /** The implementation of large matrix products with weights in BF16 or quantised. */
    public enum Bf16Mode {
        /** oneDNN in BF16 where it is available and the processor has BF16 instructions; otherwise built-in kernels in F32. */
        AUTO,
        /** oneDNN in BF16; an error where it cannot be loaded or the processor has no BF16 instructions. */
        ONEDNN,
        /** Built-in kernels, which convert weights to F32 block by block. */
        BUILTIN
    }

    /** The use of machine code made at run time. */
    public enum MachineCodeMode {
        /** Used where the processor has AVX-512 and the system allows executable memory. */
        AUTO,
        /** Used; an error where it is not available. */
        REQUIRED,
        /** Not used; kernels run on the Vector API. */
        OFF
    }

    /**
     * Checks the numbers.
     *
     * @throws IllegalArgumentException if threads or batch-invariant rows are less than 1
     */
    public CpuConfig {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, is " + threads);
        }
        if (batchInvariantRows < 1) {
            throw new IllegalArgumentException("batch-invariant-rows must be at least 1, is " + batchInvariantRows);
        }
    }

    /**
     * Makes a configuration with default values for the rest; where {@code blasMode} is {@link BlasMode#BUILTIN}, BF16 products are
     * built-in, too.
     */
    public CpuConfig(int threads, BlasMode blasMode, boolean poisonMemory) {
        this(
                threads,
                blasMode,
                blasMode == BlasMode.BUILTIN ? Bf16Mode.BUILTIN : Bf16Mode.AUTO,
                MachineCodeMode.AUTO,
                poisonMemory,
                BATCH_INVARIANT_ROWS,
                true);
    }

    /** Returns the defaults of {@code reference.conf}: all processors, libraries for large products, no poisoned memory. */
    public static CpuConfig standard() {
        return new CpuConfig(Runtime.getRuntime().availableProcessors(), BlasMode.AUTO, false);
    }

    /**
     * Returns the configuration of some settings, with defaults for missing keys.
     *
     * @throws carve.api.config.SettingsException if a value is out of range or not one of the choices
     */
    public static CpuConfig from(Settings settings) {
        CpuConfig standard = standard();
        int threads = settings.has("threads") ? settings.integer("threads") : 0;
        if (threads < 0) {
            throw settings.error("threads", "must be positive, or 0 for all processors, is " + threads);
        }
        BlasMode blasMode = settings.has("blas") ? choice(settings, "blas", BlasMode.values()) : standard.blasMode();
        Bf16Mode bf16Mode =
                settings.has("bf16-gemm") ? choice(settings, "bf16-gemm", Bf16Mode.values()) : standard.bf16Mode();
        MachineCodeMode machineCode = settings.has("machine-code")
                ? choice(settings, "machine-code", MachineCodeMode.values())
                : standard.machineCode();
        boolean poisonMemory = settings.has("poison-memory") ? settings.flag("poison-memory") : standard.poisonMemory();
        int batchInvariantRows = settings.has("batch-invariant-rows")
                ? settings.integer("batch-invariant-rows")
                : standard.batchInvariantRows();
        if (batchInvariantRows < 1) {
            throw settings.error("batch-invariant-rows", "must be at least 1, is " + batchInvariantRows);
        }
        boolean mapWeights = settings.has("map-weights") ? settings.flag("map-weights") : standard.mapWeights();
        return new CpuConfig(
                threads == 0 ? standard.threads() : threads,
                blasMode,
                bf16Mode,
                machineCode,
                poisonMemory,
                batchInvariantRows,
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
