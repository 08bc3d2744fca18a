package carve.cpu;

import carve.api.config.Settings;

/**
 * The settings of the CPU device.
 *
 * @param threads threads that compute, the caller's included; at least 1
 * @param poison whether new memory is filled with NaN, so that values nobody wrote are found
 */
public record CpuConfig(int threads, boolean poison) {
    /** Checks that there is a thread. */
    public CpuConfig {
        if (threads < 1) {
            throw new IllegalArgumentException("threads must be at least 1, is " + threads);
        }
    }

    /** Returns what the device does where nothing is set: all processors, no poison. */
    public static CpuConfig standard() {
        return new CpuConfig(Runtime.getRuntime().availableProcessors(), false);
    }

    /** Returns the configuration that settings give; keys that are not there keep their standard. */
    public static CpuConfig from(Settings settings) {
        CpuConfig standard = standard();
        int threads = settings.has("threads") ? settings.integer("threads") : 0;
        if (threads < 0) {
            throw settings.error("threads", "must be positive, or 0 for all processors, is " + threads);
        }
        boolean poison = settings.has("poison") ? settings.flag("poison") : standard.poison();
        return new CpuConfig(threads == 0 ? standard.threads() : threads, poison);
    }
}
