package {{package}};

import carve.api.mixer.Mixer;
import carve.api.mixer.LayerConfig;
import carve.testkit.MixerContract;

final class {{class}}Test extends MixerContract {
    @Override
    protected Mixer mixer(LayerConfig config) {
        return new {{class}}(config, 8);
    }
}
