package carve.attention;

import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.testkit.MixerContract;

final class AttentionTest extends MixerContract {
    @Override
    protected Mixer mixer(MixerDims dims) {
        return new Attention(dims);
    }
}
