package carve.attention;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.testkit.MixerContract;

final class AttentionTest extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new Attention(dims);
    }
}
