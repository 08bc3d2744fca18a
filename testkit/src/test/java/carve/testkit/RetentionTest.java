package carve.testkit;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;

/** The contract, tried with a small mixer that keeps it. */
final class RetentionTest extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new Retention(dims, 0.9);
    }
}
