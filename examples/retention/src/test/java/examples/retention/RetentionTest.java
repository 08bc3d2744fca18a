package examples.retention;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.testkit.MixerContract;

final class RetentionTest extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new Retention(dims, 3);
    }
}
