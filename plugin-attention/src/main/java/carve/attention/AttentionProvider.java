package carve.attention;

import carve.api.config.NameSuggestions;
import carve.api.config.Settings;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerProvider;
import carve.api.tensor.DType;
import java.util.List;

/** Makes the mixer {@code attention}. */
public final class AttentionProvider implements MixerProvider {
    private static final List<DType> KV_CACHE_TYPES = List.of(DType.F32, DType.BF16, DType.Q8_0);

    /** Makes the provider. */
    public AttentionProvider() {}

    @Override
    public String name() {
        return "attention";
    }

    @Override
    public Mixer create(LayerConfig dims, Settings settings) {
        return new Attention(dims, kvCacheType(dims, settings));
    }

    private static DType kvCacheType(LayerConfig dims, Settings settings) {
        String name = settings.string("cache");
        DType cache = KV_CACHE_TYPES.stream()
                .filter(type -> type.key().equals(name))
                .findFirst()
                .orElseThrow(() -> settings.error(
                        "cache",
                        "is wrong: "
                                + NameSuggestions.unknown(
                                        "storage type of keys and values",
                                        name,
                                        KV_CACHE_TYPES.stream().map(DType::key).toList())));
        if (dims.headWidth() % cache.blockElements() != 0) {
            throw settings.error(
                    "cache",
                    "is %s, which stores blocks of %d, and heads are %d wide; use bf16 or f32"
                            .formatted(name, cache.blockElements(), dims.headWidth()));
        }
        return cache;
    }
}
