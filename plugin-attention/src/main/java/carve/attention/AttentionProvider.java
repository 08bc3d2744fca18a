package carve.attention;

import carve.api.config.Names;
import carve.api.config.Settings;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.MixerProvider;
import carve.api.tensor.DType;
import java.util.List;

/** Makes the mixer {@code attention}. */
public final class AttentionProvider implements MixerProvider {
    private static final List<DType> CACHES = List.of(DType.F32, DType.BF16, DType.Q8_0);

    /** Makes the provider. */
    public AttentionProvider() {}

    @Override
    public String name() {
        return "attention";
    }

    @Override
    public Mixer create(MixerDims dims, Settings settings) {
        return new Attention(dims, cache(dims, settings));
    }

    private static DType cache(MixerDims dims, Settings settings) {
        String name = settings.string("cache");
        DType cache = CACHES.stream()
                .filter(type -> type.key().equals(name))
                .findFirst()
                .orElseThrow(() -> settings.error(
                        "cache",
                        "is wrong: "
                                + Names.unknown(
                                        "storage type of keys and values",
                                        name,
                                        CACHES.stream().map(DType::key).toList())));
        if (dims.headWidth() % cache.blockElements() != 0) {
            throw settings.error(
                    "cache",
                    "is %s, which stores blocks of %d, and heads are %d wide; use bf16 or f32"
                            .formatted(name, cache.blockElements(), dims.headWidth()));
        }
        return cache;
    }
}
