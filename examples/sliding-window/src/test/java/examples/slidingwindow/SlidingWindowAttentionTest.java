package examples.slidingwindow;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.testkit.MixerContract;

final class SlidingWindowAttentionTest extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new SlidingWindowAttention(dims, 5);
    }
}
