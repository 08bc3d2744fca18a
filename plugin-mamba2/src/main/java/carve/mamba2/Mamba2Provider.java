package carve.mamba2;

import carve.api.config.Settings;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerProvider;

/** Makes the mixer {@code mamba2}. */
public final class Mamba2Provider implements MixerProvider {
    /** Makes the provider. */
    public Mamba2Provider() {}

    @Override
    public String name() {
        return "mamba2";
    }

    @Override
    public Mixer create(LayerConfig dims, Settings settings) {
        return new Mamba2(dims, Mamba2Config.from(settings));
    }
}
