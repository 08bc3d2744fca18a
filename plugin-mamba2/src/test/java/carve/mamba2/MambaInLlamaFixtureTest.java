package carve.mamba2;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.MixerState;
import carve.api.mixer.RotaryEmbedding;
import carve.api.op.SequenceLayout;
import carve.api.param.CounterRandom;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.Fixture;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import carve.testkit.Tolerance;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The mixer against the authors' module: results, gradients, and states after prompts and steps. */
final class MambaInLlamaFixtureTest {
    private static final List<String> PARTS = List.of("z", "x", "B", "C", "dt");

    private final Device device = new ReferenceDevice();

    private record Case(String file, MambaInLlama mixer) {}

    private static List<Case> cases() {
        LayerConfig plain = new LayerConfig(64, 2, 2, 32, false, 1e-5, RotaryEmbedding.NONE);
        var biased = new MambaInLlamaConfig(4, 1e-5, true, false, DType.F32, MambaInLlamaConfig.Initialisation.KQVO);
        LayerConfig grouped = new LayerConfig(64, 4, 2, 16, false, 1e-5, RotaryEmbedding.NONE);
        var repeated = new MambaInLlamaConfig(4, 1e-5, false, true, DType.F32, MambaInLlamaConfig.Initialisation.KQVO);
        return List.of(
                new Case("ma_layers/mamba2_mixer", new MambaInLlama(plain, MambaInLlamaConfigTest.DEFAULTS)),
                new Case("ma_layers/mamba2_mixer_bias", new MambaInLlama(plain, biased)),
                new Case("ma_layers/mamba2_mixer_gqa", new MambaInLlama(grouped, MambaInLlamaConfigTest.DEFAULTS)),
                new Case("ma_layers/mamba2_mixer_repeat_before_conv", new MambaInLlama(grouped, repeated)));
    }

    /** The parameters of a file, the projection in cut into its parts. */
    private static Map<String, Tensor> parameters(Device device, Fixture fixture, MambaInLlama mixer) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        fixture.names().stream().filter(name -> name.startsWith("w.")).forEach(name -> {
            String own = name.substring(2);
            if (!own.startsWith("in_proj.")) {
                tensors.put(own, fixture.tensor(device, name));
                return;
            }
            int from = 0;
            for (String part : PARTS) {
                String key = "in_proj." + part + own.substring("in_proj".length());
                int rows = mixer.parameters().stream()
                        .filter(spec -> spec.name().equals(key))
                        .findFirst()
                        .orElseThrow()
                        .shape()
                        .extent(0);
                tensors.put(key, fixture.tensor(device, name).slice(0, from, from + rows));
                from += rows;
            }
            assertEquals(fixture.shape(name).extent(0), from, name);
        });
        return tensors;
    }

    @TestFactory
    Stream<DynamicTest> isTheOfficialMixer() {
        return cases().stream()
                .flatMap(given -> Stream.of("L1s0.", "L7s0.", "L7s1.", "L64s2.", "L257s3.")
                        .filter(prefix -> holds(given, "in." + prefix + "x"))
                        .map(prefix ->
                                DynamicTest.dynamicTest(given.file() + " " + prefix, () -> forward(given, prefix))));
    }

    private static boolean holds(Case given, String tensor) {
        try (Fixture fixture = Fixture.open(given.file())) {
            return fixture.names().contains(tensor);
        }
    }

    private void forward(Case given, String prefix) {
        try (Fixture fixture = Fixture.open(given.file())) {
            Tape tape = new Tape();
            Map<String, Tensor> watched = new LinkedHashMap<>();
            parameters(device, fixture, given.mixer()).forEach((name, tensor) -> watched.put(name, tape.watch(tensor)));
            Tensor x = tape.watch(fixture.tensor(device, "in." + prefix + "x"));
            Tensor y = given.mixer()
                    .forward(
                            Params.of(watched),
                            x,
                            SequenceLayout.unpadded(x.extent(0), x.extent(1)),
                            ActivationHook.NONE);
            fixture.assertAgrees("value", "out." + prefix + "y", y);
            if (fixture.names().contains("out." + prefix + "grad_x")) {
                gradients(fixture, prefix, tape, x, y, watched);
            }
        }
    }

    private void gradients(Fixture fixture, String prefix, Tape tape, Tensor x, Tensor y, Map<String, Tensor> watched) {
        Tensor difference = y.subtract(fixture.tensor(device, "in." + prefix + "target"));
        List<Tensor> variables = new ArrayList<>(List.of(x));
        variables.addAll(watched.values());
        List<Tensor> gradients = tape.gradients(difference.multiply(difference).mean(), variables);
        fixture.assertAgrees("grad", "out." + prefix + "grad_x", gradients.getFirst());
        Map<String, List<Tensor>> joined = new LinkedHashMap<>();
        int i = 1;
        for (String name : watched.keySet()) {
            String official = name.replaceFirst("in_proj\\.\\w+\\.", "in_proj.");
            joined.computeIfAbsent(official, _ -> new ArrayList<>()).add(gradients.get(i++));
        }
        joined.forEach((name, parts) -> {
            String tensor = "out." + prefix + "grad." + name;
            if (fixture.names().contains(tensor)) {
                fixture.assertAgrees("grad", tensor, Tensors.concat(0, parts));
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> promptAndStepsAreTheOfficialOnes() {
        return cases().stream()
                .flatMap(given -> Stream.of(1, 3, 5, 20)
                        .filter(prompt -> holds(given, "in.P" + prompt + ".x"))
                        .map(prompt ->
                                DynamicTest.dynamicTest(given.file() + " " + prompt, () -> advance(given, prompt))));
    }

    private void advance(Case given, int prompt) {
        String prefix = "P" + prompt + ".";
        try (Fixture fixture = Fixture.open(given.file());
                MixerState state = given.mixer().newState(device, 2, 1)) {
            Params p = Params.of(parameters(device, fixture, given.mixer()));
            Tensor x = fixture.tensor(device, "in." + prefix + "x");
            List<Tensor> outputs = new ArrayList<>(List.of(state.advance(given.mixer(), p, x.slice(1, 0, prompt))));
            assertState(fixture, prefix, "_prefill", state);
            for (int t = prompt; t < x.extent(1); t++) {
                outputs.add(state.advance(given.mixer(), p, x.slice(1, t, t + 1)));
            }
            fixture.assertAgrees("value", "out." + prefix + "y", Tensors.concat(1, outputs));
            assertState(fixture, prefix, "", state);
        }
    }

    // the official window has the current input too, as its last column
    private void assertState(Fixture fixture, String prefix, String suffix, MixerState state) {
        Map<String, Tensor> saved = state.save();
        fixture.assertAgrees("value", "out." + prefix + "ssm_state" + suffix, saved.get("ssm_state"));
        Tensor window = fixture.tensor(device, "out." + prefix + "conv_state" + suffix);
        TensorAssertions.assertClose(
                "window", window.slice(2, 1, window.extent(2)), saved.get("conv_state"), Tolerance.SCAN);
    }

    @Test
    void stateOfHalfWidthTakesHalfTheMemoryAndIsNear() {
        LayerConfig dims = new LayerConfig(64, 2, 2, 32, false, 1e-5, RotaryEmbedding.NONE);
        var half = new MambaInLlama(
                dims, new MambaInLlamaConfig(4, 1e-5, false, false, DType.F16, MambaInLlamaConfig.Initialisation.KQVO));
        var whole = new MambaInLlama(dims, MambaInLlamaConfigTest.DEFAULTS);
        assertEquals(whole.stateBytes(2, 9), 2 * half.stateBytes(2, 9));
        try (Fixture fixture = Fixture.open("ma_layers/mamba2_mixer");
                MixerState a = whole.newState(device, 2, 1);
                MixerState b = half.newState(device, 2, 1)) {
            Params p = Params.of(parameters(device, fixture, whole));
            Tensor x = fixture.tensor(device, "in.P20.x");
            Tensor exact = x;
            Tensor rounded = x;
            for (int t = 0; t < x.extent(1); t++) {
                exact = a.advance(whole, p, x.slice(1, t, t + 1));
                rounded = b.advance(half, p, x.slice(1, t, t + 1));
            }
            assertEquals(whole.stateBytes(2, 1), a.bytes());
            assertEquals(half.stateBytes(2, 1), b.bytes());
            TensorAssertions.assertClose("rounded state", exact, rounded, 1e-2);
            assertFalse(Arrays.equals(exact.floats(), rounded.floats()), "rounding is felt");
            try (MixerState loaded = half.newState(device, 2, 1)) {
                loaded.load(b.save(), b.position());
                Tensor next = x.slice(1, 0, 1);
                TensorAssertions.assertBitwiseEqual("loaded", b.advance(half, p, next), loaded.advance(half, p, next));
            }
        }
    }

    @Test
    void openGateTakesBiasesAndLetsAllThrough() {
        LayerConfig dims = new LayerConfig(12, 2, 2, 6, true, 1e-5, RotaryEmbedding.NONE);
        var mixer = new MambaInLlama(
                dims,
                new MambaInLlamaConfig(
                        4, 1e-5, true, false, DType.F32, MambaInLlamaConfig.Initialisation.KQVO_OPEN_GATE));
        RandomTensors randomTensors = RandomTensors.seeded();
        Map<String, Tensor> attention = new LinkedHashMap<>();
        for (String name : List.of("q_proj", "k_proj", "v_proj", "o_proj")) {
            attention.put(name + ".weight", randomTensors.normal(device, name, 12, 12));
            attention.put(name + ".bias", randomTensors.normal(device, name + ".bias", 12));
        }
        Map<String, Tensor> seed = mixer.initFrom(new AttentionWeights(dims, attention));
        assertEquals(8, seed.size());
        assertEquals(attention.get("k_proj.bias"), seed.get("in_proj.B.bias"));
        ParamSpec gate = mixer.parameters().stream()
                .filter(spec -> spec.name().equals("in_proj.z.bias"))
                .findFirst()
                .orElseThrow();
        double bias = gate.init().value(Shape.of(12), new CounterRandom(42, "z"), 3);
        assertEquals(1, bias / (1 + Math.exp(-bias)), 1e-12);
    }
}
