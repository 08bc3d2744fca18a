package carve.models.hovle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.NameRule.Part;
import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.param.Params;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.Fixture;
import carve.testkit.TensorAssertions;
import carve.testkit.TensorValues;
import carve.testkit.Tolerance;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Mamba-2 as mmMamba has it agrees with what the authors' code computed, on a device: outputs, steps, seeds, alignment. */
abstract class OfficialMamba2Contract extends OfficialLayerFixtures {
    private static final List<String> MAMBA2 = List.of(
            "q_proj.weight",
            "k_proj.weight",
            "v_proj.weight",
            "g_proj.weight",
            "in_proj.weight",
            "conv1d.weight",
            "conv1d.bias",
            "A_log_bias",
            "dt_bias",
            "g_norm.weight",
            "o_proj.weight");
    private static final NameMap FUSED_MAMBA2 = NameMap.of(
            NameRule.concatenated(
                    "wvkqgdt.weight",
                    new Part("v_proj.weight", 32),
                    new Part("k_proj.weight", 32),
                    new Part("q_proj.weight", 64),
                    new Part("g_proj.weight", 64),
                    new Part("in_proj.weight", 4)),
            NameRule.rename("g_norm_swish_gate.weight", "g_norm.weight"),
            NameRule.rename("conv1d.weight", "conv1d.weight"),
            NameRule.rename("conv1d.bias", "conv1d.bias"),
            NameRule.rename("A_log_bias", "A_log_bias"),
            NameRule.rename("dt_bias", "dt_bias"),
            NameRule.rename("o_proj.weight", "o_proj.weight"));

    private static NameMap identity(List<String> names) {
        return NameMap.of(
                names.stream().map(name -> NameRule.rename(name, name)).toList());
    }

    @Test
    void mamba2Agrees() {
        with(
                "mamba2_attention",
                (device, fixture) -> layer(
                        device,
                        fixture,
                        identity(MAMBA2),
                        (p, x) -> mixer("mamba2").forward(p, x, rows(x), ActivationHook.NONE)));
    }

    @TestFactory
    Stream<DynamicTest> mamba2StepsAgree() {
        return Stream.of(1, 7, 130)
                .map(prompt -> DynamicTest.dynamicTest(
                        "prompt of " + prompt,
                        () -> with("hf_mamba2_lm", (device, fixture) -> mamba2Steps(device, fixture, prompt))));
    }

    private static void mamba2Steps(Device device, Fixture fixture, int prompt) {
        String prefix = "out.P%d.".formatted(prompt);
        Params p = Params.of(OfficialFixtures.weights(device, fixture, "w.", FUSED_MAMBA2));
        Tensor x = fixture.tensor(device, "in.P%d.x".formatted(prompt));
        try (MixerState state = mixer("mamba2").newState(device, x.extent(0), x.extent(1))) {
            Tensor first = state.advance(mixer("mamba2"), p, x.slice(1, 0, prompt));
            fixture.assertAgrees(
                    "value", prefix + "conv_state_prefill", state.save().get("conv_state"));
            fixture.assertAgrees(
                    "value", prefix + "ssm_state_prefill", state.save().get("ssm_state"));
            Tensor rest = steps(mixer("mamba2"), p, x.slice(1, prompt, x.extent(1)), 1, state);
            fixture.assertAgrees("value", prefix + "y", Tensors.concat(1, List.of(first, rest)));
            fixture.assertAgrees("value", prefix + "conv_state", state.save().get("conv_state"));
            fixture.assertAgrees("value", prefix + "ssm_state", state.save().get("ssm_state"));
        }
    }

    /** Seeding takes attention's projections bit for bit; what is drawn at random has the official ranges. */
    @Test
    void seedAgrees() {
        with("mamba2_attention_init", (device, fixture) -> {
            Map<String, Tensor> base = OfficialFixtures.weights(device, fixture, "base.", ATTENTION);
            Mixer mixer = mixer("mamba2");
            Map<String, Tensor> seeded = new HashMap<>();
            for (ParamSpec spec : mixer.parameters()) {
                seeded.put(spec.name(), ParamStore.initial(device, spec, 42));
            }
            seeded.putAll(mixer.initFrom(new AttentionWeights(DIMS, base)));
            for (String name : MAMBA2) {
                if (!name.equals("dt_bias") && !name.equals("g_proj.weight")) {
                    TensorAssertions.assertBitwiseEqual(name, fixture.tensor(device, "w." + name), seeded.get(name));
                }
            }
            inRange(
                    fixture.floats("w.dt_bias"),
                    seeded.get("dt_bias").floats(),
                    inverseSoftplus(1e-3),
                    inverseSoftplus(0.1));
            double bound = Math.pow(2, -2.5) * Math.sqrt(6.0 / (2 * HIDDEN));
            inRange(
                    fixture.floats("w.g_proj.weight"),
                    seeded.get("g_proj.weight").floats(),
                    -bound,
                    bound);
        });
    }

    private static double inverseSoftplus(double x) {
        return x + Math.log(-Math.expm1(-x));
    }

    private static void inRange(float[] official, float[] own, double least, double greatest) {
        for (float[] values : List.of(official, own)) {
            for (float value : values) {
                assertEquals(Math.clamp(value, least, greatest), value, 1e-5);
            }
        }
    }

    @TestFactory
    Stream<DynamicTest> alignmentAgrees() {
        return Stream.of("L7s0.", "L64s1.", "L150s2.")
                .map(prefix -> DynamicTest.dynamicTest(
                        prefix,
                        () -> with(
                                "mamba2_attention_stage1", (device, fixture) -> alignment(device, fixture, prefix))));
    }

    /** Keeps what a mixer publishes as its heads. */
    private static final class Heads implements ActivationHook {
        private final List<Tensor> values = new ArrayList<>();

        @Override
        public boolean wants(String name) {
            return name.equals(HEADS);
        }

        @Override
        public void publish(String name, Tensor value) {
            values.add(value);
        }

        private Tensor byHead() {
            return values.getFirst().permute(0, 2, 1, 3);
        }
    }

    private static void alignment(Device device, Fixture fixture, String prefix) {
        Map<String, Tensor> weights = OfficialFixtures.weights(device, fixture, "w.", identity(MAMBA2));
        Tensor x = fixture.tensor(device, "in." + prefix + "x");
        Heads teacher = new Heads();
        Params frozen = Params.of(weights);
        Tensor out = mixer("attention").forward(frozen, x, rows(x), teacher);
        Tape tape = new Tape();
        Map<String, Tensor> watched = new TreeMap<>();
        weights.forEach((name, w) -> watched.put(name, tape.watch(w)));
        Tensor input = tape.watch(x);
        Heads student = new Heads();
        mixer("mamba2").forward(Params.of(watched), input, rows(x), student);
        Tensor difference = student.byHead().subtract(teacher.byHead());
        Tensor loss = difference.multiply(difference).mean();
        heads(fixture, "out." + prefix + "y_pred", student.byHead());
        heads(fixture, "out." + prefix + "y_true", teacher.byHead());
        fixture.assertAgrees("loss", "out." + prefix + "loss", loss);
        if (fixture.names().contains("out." + prefix + "layer_out")) {
            fixture.assertAgrees("value", "out." + prefix + "layer_out", out);
            parameterGradients(fixture, prefix, tape, loss, watched);
        }
    }

    // the twin has the shortest case alone; the others have no truth beside the official float32 run
    private static void heads(Fixture fixture, String name, Tensor actual) {
        if (name.startsWith("out.L7s0.")) {
            fixture.assertAgrees("value", name, actual);
        } else {
            TensorAssertions.assertClose(
                    name, actual.shape(), fixture.reference(name), TensorValues.of(actual), Tolerance.SCAN);
        }
    }

    private static void parameterGradients(
            Fixture fixture, String prefix, Tape tape, Tensor loss, Map<String, Tensor> watched) {
        for (String name : fixture.names()) {
            if (name.startsWith("out." + prefix + "grad.")) {
                Tensor parameter = watched.get(name.substring(("out." + prefix + "grad.").length()));
                fixture.assertAgrees(
                        "grad", name, tape.gradients(loss, List.of(parameter)).getFirst());
            }
        }
    }
}
