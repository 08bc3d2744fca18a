package carve.mamba2;

import carve.api.config.Settings;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerProvider;

/** Makes the mixer {@code plain-mamba2}. */
public final class PlainMamba2Provider implements MixerProvider {
    /** Makes the provider. */
    public PlainMamba2Provider() {}

    @Override
    public String name() {
        return "plain-mamba2";
    }

    @Override
    public Mixer create(LayerConfig dims, Settings settings) {
        LayerConfig own = PlainMamba2Config.dims(settings, dims);
        return new PlainMamba2(own, PlainMamba2Config.from(settings, own));
    }
}
