package carve.mamba2;

import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.testkit.MixerContract;

final class Mamba2Test extends MixerContract {
    @Override
    protected Mixer mixer(MixerDims dims) {
        return new Mamba2(dims, new Mamba2Config(2, 1e-5, Mamba2Config.Seed.MIMIC));
    }
}
