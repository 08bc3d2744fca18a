package examples.retention;

import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.testkit.MixerContract;

final class RetentionTest extends MixerContract {
    @Override
    protected Mixer mixer(MixerDims dims) {
        return new Retention(dims, 3);
    }
}
