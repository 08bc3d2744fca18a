package carve.app.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.Settings;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerProvider;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.model.LoadedModel;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import carve.testkit.Retention;
import carve.testkit.SmallModels;
import carve.testkit.TestMixerCatalog;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Tests that a benchmark measures only models whose results are correct. */
final class CorrectnessGateTest {
    /** A mixer whose steps are not those of its whole sequences. */
    private record Wrong(Mixer right) implements Mixer {
        static final class Provider implements MixerProvider {
            @Override
            public String name() {
                return "wrong";
            }

            @Override
            public Mixer create(LayerConfig dims, Settings settings) {
                return new Wrong(new Retention(dims, 0.9));
            }
        }

        @Override
        public List<ParamSpec> parameters() {
            return right.parameters();
        }

        @Override
        public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
            return right.forward(p, x, s, activationHook);
        }

        @Override
        public List<StateSpec> state() {
            return right.state();
        }

        @Override
        public Tensor advance(Params p, Tensor x, StateSlots slots) {
            return right.advance(p, x, slots).multiply(-9).add(x);
        }

        @Override
        public Map<String, Tensor> initFrom(AttentionWeights from) {
            return right.initFrom(from);
        }
    }

    @Test
    void aRightModelPassesAndIsMeasured() {
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42)) {
            BenchModel subject = new BenchModel("small", model, 1);
            CorrectnessGate gate = CorrectnessGate.of(subject);
            assertEquals(List.of(), gate.problems());
            assertEquals(CorrectnessGate.DECODE_TOKENS, gate.tokens().size());
            Measurement row = subject.measure(new Workload(Workload.Kind.TEXT_GENERATION, 2, 7, 3), 4, 0.01);
            assertEquals(4, row.times().seconds().size());
            assertEquals(model.spec().stateBytes(3, 9), row.stateBytes());
            assertEquals(6, row.tokensPerSecond(1));
            assertEquals("tg2 @ d7", row.json().string("test"));
            assertEquals("f32", row.modelInfo().type());
        }
    }

    @Test
    void aWrongModelIsFoundOut() {
        TestMixerCatalog mixers = TestMixerCatalog.of(new Wrong.Provider());
        try (Device device = new ReferenceDevice();
                LoadedModel model = SmallModels.decoder(device, 42, mixers, "wrong", "wrong")) {
            CorrectnessGate gate = CorrectnessGate.of(new BenchModel("small", model, 1));
            assertFalse(gate.problems().isEmpty());
            assertTrue(
                    gate.problems().stream().allMatch(problem -> problem.matches("greedy token .* all at once")),
                    gate.problems().toString());
        }
    }

    @Test
    void quantilesLieBetweenNeighbours() {
        Quantiles times = new Quantiles(List.of(4.0, 1.0, 2.0));
        assertEquals(2, times.median());
        assertEquals(1.5, times.quantile(0.25));
        assertEquals(4, times.quantile(1));
    }
}
