package carve.models.hovle;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.NameRule.Part;
import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.mixer.RotaryEmbedding;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.Fixture;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** Base of the tests of official layers: fixtures, weights, and the check of a layer's outputs and gradients. */
abstract class OfficialLayerFixtures {
    static final int HIDDEN = 64;
    static final LayerConfig DIMS = new LayerConfig(HIDDEN, 4, 2, 16, false, 1e-5, new RotaryEmbedding(1e6, 16, 4096));
    static final NameMap ATTENTION = NameMap.of(
            NameRule.interleaved(
                    "wqkv.weight",
                    2,
                    new Part("q_proj.weight", 32),
                    new Part("k_proj.weight", 16),
                    new Part("v_proj.weight", 16)),
            NameRule.rename("wo.weight", "o_proj.weight"));

    /** Returns the device under test, new; it is closed. */
    protected abstract Device open();

    interface Check {
        void of(Device device, Fixture fixture);
    }

    final void with(String name, Check check) {
        try (Device device = open();
                Fixture fixture = Fixture.open("mm_layers/" + name)) {
            check.of(device, fixture);
        }
    }

    static Mixer mixer(String name) {
        return OfficialFixtures.mixers()
                .create(name, DIMS, MapSettings.of(Map.of()).asTree());
    }

    static SequenceLayout rows(Tensor x) {
        return SequenceLayout.unpadded(x.extent(0), x.extent(1));
    }

    /** Checks outputs and, where the fixture has them, gradients, for every case of a layer x -> y. */
    static void layer(Device device, Fixture fixture, NameMap names, BiFunction<Params, Tensor, Tensor> layer) {
        for (String input : fixture.names().stream()
                .filter(name -> name.matches("in\\.L\\d+s\\d+\\.x"))
                .toList()) {
            String prefix = input.substring("in.".length(), input.length() - 1);
            Tape tape = new Tape();
            Map<String, Tensor> watched = new TreeMap<>();
            OfficialFixtures.weights(device, fixture, "w.", names)
                    .forEach((name, w) -> watched.put(name, tape.watch(w)));
            Tensor x = tape.watch(fixture.tensor(device, input));
            Tensor y = layer.apply(Params.of(watched), x);
            fixture.assertAgrees("value", "out." + prefix + "y", y);
            if (fixture.names().contains("in." + prefix + "target")) {
                Tensor difference = y.subtract(fixture.tensor(device, "in." + prefix + "target"));
                gradients(
                        fixture,
                        names,
                        prefix,
                        tape,
                        difference.multiply(difference).mean(),
                        x,
                        watched);
            }
        }
    }

    private static void gradients(
            Fixture fixture,
            NameMap names,
            String prefix,
            Tape tape,
            Tensor loss,
            Tensor x,
            Map<String, Tensor> watched) {
        List<Tensor> of = new ArrayList<>(List.of(x));
        of.addAll(watched.values());
        List<Tensor> found = tape.gradients(loss, of);
        Map<String, Tensor> gradients = new LinkedHashMap<>();
        int at = 1;
        for (String name : watched.keySet()) {
            gradients.put(name, found.get(at++));
        }
        if (fixture.names().contains("out." + prefix + "grad_x")) {
            fixture.assertAgrees("grad", "out." + prefix + "grad_x", found.getFirst());
        }
        for (String name : fixture.names()) {
            if (name.startsWith("out." + prefix + "grad.")) {
                String parameter = name.substring(("out." + prefix + "grad.").length());
                fixture.assertAgrees(
                        "grad", name, fixture.shape(name), OfficialFixtures.inCheckpoint(names, parameter, gradients));
            }
        }
    }

    static Tensor steps(Mixer mixer, Params p, Tensor x, int prompt, MixerState state) {
        List<Tensor> results = new ArrayList<>(List.of(state.advance(mixer, p, x.slice(1, 0, prompt))));
        for (int t = prompt; t < x.extent(1); t++) {
            results.add(state.advance(mixer, p, x.slice(1, t, t + 1)));
        }
        return Tensors.concat(1, results);
    }

    // groups of two query heads
    static NameMap decoderLayer(int groups, int width) {
        return NameMap.of(
                NameRule.interleaved(
                        "attention.wqkv.weight",
                        groups,
                        new Part("mixer.q_proj.weight", 2 * width),
                        new Part("mixer.k_proj.weight", width),
                        new Part("mixer.v_proj.weight", width)),
                NameRule.rename("attention.wo.weight", "mixer.o_proj.weight"),
                NameRule.rename("attention_norm.weight", "mixer_norm.weight"),
                NameRule.rename("ffn_norm.weight", "mlp_norm.weight"),
                NameRule.rename("feed_forward.w1.weight", "mlp.gate.weight"),
                NameRule.rename("feed_forward.w3.weight", "mlp.up.weight"),
                NameRule.rename("feed_forward.w2.weight", "mlp.down.weight"));
    }
}
