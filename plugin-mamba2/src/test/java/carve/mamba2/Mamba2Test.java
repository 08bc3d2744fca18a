package carve.mamba2;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.testkit.MixerContract;

final class Mamba2Test extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new Mamba2(dims, new Mamba2Config(2, 1e-5, Mamba2Config.Initialisation.MIMIC));
    }
}
