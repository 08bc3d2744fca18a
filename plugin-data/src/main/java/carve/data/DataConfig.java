package carve.data;

import carve.api.config.Settings;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The settings that the data providers {@code text} and {@code chat} have both.
 *
 * @param files the files
 * @param packing how documents become rows
 * @param reset whether documents that were concatenated do not see each other
 * @param maxLength the greatest number of tokens of a row
 * @param overlong what becomes of longer documents
 * @param validation what is held back
 * @param shuffle whether each epoch has an order of its own
 * @param onError what becomes of rows that cannot be used
 * @param cache the folder of tokens
 */
record DataConfig(
        List<DataFile> files,
        Packing packing,
        boolean reset,
        int maxLength,
        Overlong overlong,
        Validation validation,
        boolean shuffle,
        OnError onError,
        Path cache) {
    private static final int LEAST = 2;

    /** Copies the list. */
    DataConfig {
        files = List.copyOf(files);
    }

    /** Reads the settings. */
    static DataConfig from(Settings settings, Map<String, String> environment) {
        int maxLength = settings.integer("max-length");
        if (maxLength < LEAST) {
            throw settings.error("max-length", "must be %d or more, is %d".formatted(LEAST, maxLength));
        }
        Packing packing = settings.enumConstant("packing", Packing.class);
        boolean reset = settings.flag("reset");
        if (reset && packing != Packing.CONCATENATE) {
            throw settings.error(
                    "reset",
                    "must be false with packing = %s, where documents never see each other"
                            .formatted(Settings.enumConstant(packing)));
        }
        return new DataConfig(
                DataFiles.of(settings, "files"),
                packing,
                reset,
                maxLength,
                settings.enumConstant("overlong", Overlong.class),
                Validation.from(settings, "validation"),
                settings.flag("shuffle"),
                settings.enumConstant("on-error", OnError.class),
                cache(settings, environment));
    }

    private static Path cache(Settings settings, Map<String, String> environment) {
        if (!settings.string("cache").isEmpty()) {
            return settings.path("cache");
        }
        String given = environment.getOrDefault("XDG_CACHE_HOME", "");
        Path caches = given.isEmpty() ? Path.of(System.getProperty("user.home"), ".cache") : Path.of(given);
        return caches.resolve("carve").resolve("data");
    }

    /** Returns the settings that rows and their order depend on, as text. */
    String rowSettings() {
        return "packing=%s reset=%s max-length=%d overlong=%s validation=%s shuffle=%s on-error=%s"
                .formatted(
                        Settings.enumConstant(packing),
                        reset,
                        maxLength,
                        Settings.enumConstant(overlong),
                        validation instanceof Validation.Held held
                                ? held.files().size() + " files"
                                : validation,
                        shuffle,
                        Settings.enumConstant(onError));
    }
}
