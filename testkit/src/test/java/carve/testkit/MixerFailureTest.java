package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.Settings;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerException;
import carve.api.mixer.MixerProvider;
import carve.api.mixer.StateSlots;
import carve.api.model.ActivationRecorder;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tests that failures and non-finite values of a mixer name its layer, type and module. */
final class MixerFailureTest {
    private static final String SECOND = "layer llm.1: mixer 'broken' of carve.testkit";

    /** Retention that fails in training, and forgets how to step. */
    private static final class BrokenMixer extends FaultyMixer {
        BrokenMixer(Mixer whole) {
            super(whole);
        }

        @Override
        public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook hook) {
            throw new IllegalArgumentException("seven is not a width");
        }

        @Override
        public Tensor advance(Params p, Tensor x, StateSlots slots) {
            return super.advance(p, x.slice(0, 0, 0), slots);
        }
    }

    private record Provider() implements MixerProvider {
        @Override
        public String name() {
            return "broken";
        }

        @Override
        public Mixer create(LayerConfig config, Settings settings) {
            return new BrokenMixer(new Retention(config, 0.9));
        }
    }

    @Test
    void aMixerThatFailsIsNamed() {
        TestMixerCatalog mixers = TestMixerCatalog.of(new Retention.Provider(), new Provider());
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42, mixers, "retention", "broken");
                ModelState state = model.model().newState(device, 1, 4)) {
            ModelInputs inputs = ModelInputs.text(1, 2, 3);
            MixerException training = assertThrows(
                    MixerException.class, () -> model.model().forward(model.params(), inputs, ActivationRecorder.NONE));
            assertEquals(SECOND + " failed: seven is not a width", training.getMessage());
            MixerException stepping =
                    assertThrows(MixerException.class, () -> model.model().advance(model.params(), inputs, state));
            assertEquals(SECOND + " failed: ", stepping.getMessage().substring(0, SECOND.length() + 9));
        }
    }

    @Test
    void aMixerThatGivesNaNIsNamed() {
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42)) {
            ModelInputs inputs = ModelInputs.text(1, 2, 3);
            assertEquals(Optional.empty(), model.model().firstNonFinite(model.params(), inputs));
            String name = "layers.1.mixer.o_proj.weight";
            Tensor weight = model.params().get(name);
            model.params().put(name, Tensors.full(device, weight.shape(), Double.NaN));
            assertEquals(
                    Optional.of("layer llm.1: mixer 'retention' of carve.testkit gives values that are not finite"),
                    model.model().firstNonFinite(model.params(), inputs));
        }
    }
}
