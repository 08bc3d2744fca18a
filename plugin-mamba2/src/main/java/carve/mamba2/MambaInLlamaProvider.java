package carve.mamba2;

import carve.api.config.Settings;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerProvider;

/** Makes the mixer {@code mamba-in-llama}. */
public final class MambaInLlamaProvider implements MixerProvider {
    /** Makes the provider. */
    public MambaInLlamaProvider() {}

    @Override
    public String name() {
        return "mamba-in-llama";
    }

    @Override
    public Mixer create(LayerConfig dims, Settings settings) {
        return new MambaInLlama(dims, MambaInLlamaConfig.from(settings));
    }
}
