package carve.testkit;

import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;

/** The contract, tried with a small mixer that keeps it. */
final class RetentionTest extends MixerContract {
    @Override
    protected Mixer mixer(MixerDims dims) {
        return new Retention(dims, 0.9);
    }
}
