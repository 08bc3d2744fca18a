package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.device.Device;
import java.math.BigDecimal;
import java.util.Locale;

/**
 * The most memory that a run may take: {@code memory = 12g}, with k, m, g or t for powers of 1024, or {@code auto}, that of the
 * machine.
 *
 * @param bytes the most bytes
 * @param asked whether the recipe names it, so that stages are made to fit
 */
record MemoryLimit(long bytes, boolean asked) {
    private static final String KEY = "memory";
    private static final String AUTO = "auto";
    private static final String SUFFIXES = "kmgt";
    private static final int KIBI = 1024;

    /**
     * Returns the limit of a recipe.
     *
     * @throws carve.api.config.SettingsException if it is none
     */
    static MemoryLimit of(Settings recipe, Device device) {
        String text = recipe.string(KEY).strip().toLowerCase(Locale.ROOT);
        return text.equals(AUTO)
                ? new MemoryLimit(HostResources.memoryBytes(device), false)
                : new MemoryLimit(bytes(recipe, text), true);
    }

    private static long bytes(Settings recipe, String text) {
        int suffix = text.isEmpty() ? -1 : SUFFIXES.indexOf(text.charAt(text.length() - 1));
        if (suffix >= 0) {
            try {
                long bytes = new BigDecimal(text.substring(0, text.length() - 1))
                        .multiply(BigDecimal.valueOf(KIBI).pow(suffix + 1))
                        .longValue();
                if (bytes > 0) {
                    return bytes;
                }
            } catch (NumberFormatException e) {
                throw invalid(recipe);
            }
        }
        throw invalid(recipe);
    }

    private static RuntimeException invalid(Settings recipe) {
        return recipe.error(KEY, "must be auto or a size such as 800m or 12g, is '%s'".formatted(recipe.string(KEY)));
    }
}
