package carve.attention;

import carve.api.config.NameSuggestions;
import carve.api.config.Settings;
import carve.api.tensor.DType;
import java.util.List;

/** The setting {@code cache}: the storage type of what is remembered of each position. */
final class CacheType {
    private static final List<DType> TYPES = List.of(DType.F32, DType.BF16, DType.Q8_0);

    private CacheType() {}

    /**
     * Returns the storage type.
     *
     * @param width elements that are stored together
     * @param stored what these elements are, in the plural
     */
    static DType from(Settings settings, int width, String stored) {
        String name = settings.string("cache");
        DType cache = TYPES.stream()
                .filter(type -> type.key().equals(name))
                .findFirst()
                .orElseThrow(() -> settings.error(
                        "cache",
                        "is wrong: "
                                + NameSuggestions.unknown(
                                        "storage type of keys and values",
                                        name,
                                        TYPES.stream().map(DType::key).toList())));
        if (width % cache.blockElements() != 0) {
            throw settings.error(
                    "cache",
                    "is %s, which stores blocks of %d, and %s are %d wide; use bf16 or f32"
                            .formatted(name, cache.blockElements(), stored, width));
        }
        return cache;
    }
}
