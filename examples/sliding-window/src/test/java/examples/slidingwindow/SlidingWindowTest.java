package examples.slidingwindow;

import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.testkit.MixerContract;

final class SlidingWindowTest extends MixerContract {
    @Override
    protected Mixer mixer(MixerDims dims) {
        return new SlidingWindow(dims, 5);
    }
}
