package carve.attention;

import carve.api.config.Settings;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerProvider;

/** Makes the mixer {@code attention}. */
public final class AttentionProvider implements MixerProvider {
    /** Makes the provider. */
    public AttentionProvider() {}

    @Override
    public String name() {
        return "attention";
    }

    @Override
    public Mixer create(LayerConfig dims, Settings settings) {
        return new Attention(dims, AttentionConfig.from(dims, settings));
    }
}
