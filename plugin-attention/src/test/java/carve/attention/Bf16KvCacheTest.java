package carve.attention;

import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.tensor.DType;
import carve.testkit.MixerContract;

/** Keys and values are remembered as BF16. */
final class Bf16KvCacheTest extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig dims) {
        return new Attention(dims, AttentionConfig.plain(DType.BF16));
    }

    @Override
    protected double stepTolerance() {
        return 5e-3;
    }
}
