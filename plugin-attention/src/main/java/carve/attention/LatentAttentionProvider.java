package carve.attention;

import carve.api.config.Settings;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerProvider;

/** Makes the mixer {@code latent-attention}. */
public final class LatentAttentionProvider implements MixerProvider {
    /** Makes the provider. */
    public LatentAttentionProvider() {}

    @Override
    public String name() {
        return "latent-attention";
    }

    @Override
    public Mixer create(LayerConfig dims, Settings settings) {
        return new LatentAttention(dims, LatentAttentionConfig.from(dims, settings));
    }
}
