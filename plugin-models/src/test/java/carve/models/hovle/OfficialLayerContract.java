package carve.models.hovle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.checkpoint.NameRule.Part;
import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.MixerState;
import carve.api.mixer.Probe;
import carve.api.mixer.Rotary;
import carve.api.model.Block;
import carve.api.model.FeedForward;
import carve.api.model.Inputs;
import carve.api.model.LayerChoice;
import carve.api.model.Norm;
import carve.api.op.Sequences;
import carve.api.param.ParamSpec;
import carve.api.param.ParamStore;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.Close;
import carve.testkit.Fixture;
import carve.testkit.Tolerance;
import carve.testkit.Values;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Layers of HoVLE and mmMamba agree with what the authors' code computed, on a device. */
abstract class OfficialLayerContract {
    private static final int HIDDEN = 64;
    private static final MixerDims DIMS = new MixerDims(HIDDEN, 4, 2, 16, false, 1e-5, new Rotary(1e6, 16, 4096, 0));
    private static final NameMap ATTENTION = NameMap.of(
            NameRule.grouped(
                    "wqkv.weight",
                    2,
                    new Part("q_proj.weight", 32),
                    new Part("k_proj.weight", 16),
                    new Part("v_proj.weight", 16)),
            NameRule.rename("wo.weight", "o_proj.weight"));
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
            NameRule.rows(
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

    /** Returns the device under test, new; it is closed. */
    protected abstract Device open();

    private interface Check {
        void of(Device device, Fixture fixture);
    }

    private void with(String name, Check check) {
        try (Device device = open();
                Fixture fixture = Fixture.open("mm_layers/" + name)) {
            check.of(device, fixture);
        }
    }

    private static Mixer mixer(String name) {
        return Official.mixers().create(name, DIMS, MapSettings.of(Map.of()).take());
    }

    private static NameMap identity(List<String> names) {
        return NameMap.of(
                names.stream().map(name -> NameRule.rename(name, name)).toList());
    }

    private static Sequences rows(Tensor x) {
        return Sequences.whole(x.extent(0), x.extent(1));
    }

    /** Checks outputs and, where the fixture has them, gradients, for every case of a layer x -> y. */
    private static void layer(Device device, Fixture fixture, NameMap names, BiFunction<Params, Tensor, Tensor> layer) {
        for (String input : fixture.names().stream()
                .filter(name -> name.matches("in\\.L\\d+s\\d+\\.x"))
                .toList()) {
            String prefix = input.substring("in.".length(), input.length() - 1);
            Tape tape = new Tape();
            Map<String, Tensor> watched = new TreeMap<>();
            Official.weights(device, fixture, "w.", names).forEach((name, w) -> watched.put(name, tape.watch(w)));
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
                        "grad", name, fixture.shape(name), Official.inCheckpoint(names, parameter, gradients));
            }
        }
    }

    @Test
    void attentionAgrees() {
        with(
                "internlm2_attention",
                (device, fixture) -> layer(
                        device, fixture, ATTENTION, (p, x) -> mixer("attention").forward(p, x, rows(x), Probe.NONE)));
    }

    @Test
    void rotaryTableAgrees() {
        with("internlm2_attention", (device, fixture) -> {
            int rows = fixture.shape("out.rope.cos").extent(0);
            int[] positions = IntStream.range(0, rows).map(i -> 6 * i).toArray();
            table(fixture, "out.rope.cos", DIMS.rotary().cos(positions, 1));
            table(fixture, "out.rope.sin", DIMS.rotary().sin(positions, 1));
        });
    }

    // the official table repeats its halves
    private static void table(Fixture fixture, String name, float[] half) {
        double[] truth = fixture.truth(name);
        for (int i = 0; i < truth.length; i++) {
            int row = i / 16;
            assertEquals(truth[i], half[row * 8 + i % 8], 1e-6, name + " at " + i);
        }
    }

    @Test
    void attentionStepsAgree() {
        with("internlm2_attention", (device, fixture) -> {
            Params p = Params.of(Official.weights(device, fixture, "w.", ATTENTION));
            Tensor x = fixture.tensor(device, "in.dec.x");
            try (MixerState state = mixer("attention").newState(device, x.extent(0), x.extent(1))) {
                fixture.assertAgrees("value", "out.dec.y", steps(mixer("attention"), p, x, 1, state));
                Map<String, Tensor> saved = state.save();
                fixture.assertAgrees(
                        "value", "out.dec.k_cache", saved.get("keys").permute(0, 2, 1, 3));
                fixture.assertAgrees(
                        "value", "out.dec.v_cache", saved.get("values").permute(0, 2, 1, 3));
            }
        });
    }

    private static Tensor steps(Mixer mixer, Params p, Tensor x, int prompt, MixerState state) {
        List<Tensor> results = new ArrayList<>(List.of(mixer.advance(p, x.slice(1, 0, prompt), state)));
        for (int t = prompt; t < x.extent(1); t++) {
            results.add(mixer.advance(p, x.slice(1, t, t + 1), state));
        }
        return Tensors.concat(1, results);
    }

    @Test
    void paddedAttentionAgrees() {
        with("embedding_attention_padded", (device, fixture) -> {
            Params p = Params.of(Official.weights(device, fixture, "w.", ATTENTION));
            Tensor x = fixture.tensor(device, "in.x");
            int[] mask = fixture.ints("in.attention_mask");
            int[] lengths = new int[x.extent(0)];
            for (int i = 0; i < mask.length; i++) {
                lengths[i / x.extent(1)] += mask[i];
            }
            Sequences padded = Sequences.padded(x.extent(1), lengths);
            fixture.assertAgrees("value", "out.y", mixer("attention").forward(p, x, padded, Probe.NONE));
        });
    }

    @TestFactory
    Stream<DynamicTest> hybridAttentionAgrees() {
        return Stream.of(1, 7, 20)
                .map(prompt -> DynamicTest.dynamicTest(
                        "prompt of " + prompt,
                        () -> with("hf_mha_lm", (device, fixture) -> hybridAttention(device, fixture, prompt))));
    }

    private static void hybridAttention(Device device, Fixture fixture, int prompt) {
        Params p = Params.of(Official.weights(device, fixture, "w.", ATTENTION));
        Tensor x = fixture.tensor(device, "in.P%d.x".formatted(prompt));
        try (MixerState state = mixer("attention").newState(device, x.extent(0), x.extent(1))) {
            fixture.assertAgrees(
                    "value", "out.P%d.y".formatted(prompt), steps(mixer("attention"), p, x, prompt, state));
            Map<String, Tensor> saved = state.save();
            Shape one = Shape.of(x.extent(0), x.extent(1), 1, 2, 16);
            Tensor both = Tensors.concat(
                    2,
                    List.of(saved.get("keys").reshape(one), saved.get("values").reshape(one)));
            fixture.assertAgrees("value", "out.P%d.kv_cache".formatted(prompt), both);
        }
    }

    @Test
    void feedForwardAgrees() {
        NameMap names = NameMap.of(
                NameRule.rename("w1.weight", "gate.weight"),
                NameRule.rename("w3.weight", "up.weight"),
                NameRule.rename("w2.weight", "down.weight"));
        with(
                "internlm2_mlp",
                (device, fixture) -> layer(device, fixture, names, feedForward(fixture, "w.w1.weight")::apply));
    }

    private static FeedForward feedForward(Fixture fixture, String gate) {
        return new FeedForward(
                FeedForward.Kind.SWIGLU, HIDDEN, fixture.shape(gate).extent(0), false);
    }

    @Test
    void decoderLayerAgrees() {
        with("internlm2_decoder_layer", (device, fixture) -> {
            Block block = new Block(
                    "llm.0",
                    DIMS,
                    LayerChoice.of("attention"),
                    mixer("attention"),
                    new Norm(Norm.Kind.RMS, HIDDEN, 1e-5),
                    feedForward(fixture, "w.feed_forward.w1.weight"),
                    false);
            layer(device, fixture, decoderLayer(2, 16), (p, x) -> block.forward(p, x, rows(x), Probe.NONE));
        });
    }

    // groups of two query heads
    private static NameMap decoderLayer(int groups, int width) {
        return NameMap.of(
                NameRule.grouped(
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

    // two heads of half the width
    private static Block encoderLayer(Fixture fixture, int hidden) {
        MixerDims dims = new MixerDims(hidden, 2, 1, hidden / 2, false, 1e-5, new Rotary(1e6, hidden / 2, 4096, 0));
        Mixer attention = Official.mixers()
                .create("attention", dims, MapSettings.of(Map.of()).take());
        FeedForward inner = new FeedForward(
                FeedForward.Kind.SWIGLU,
                hidden,
                fixture.shape("w.encoder.0.feed_forward.w1.weight").extent(0),
                false);
        return new Block(
                "emb.0",
                dims,
                LayerChoice.of("attention"),
                attention,
                new Norm(Norm.Kind.RMS, hidden, 1e-5),
                inner,
                false);
    }

    @Test
    void mamba2Agrees() {
        with(
                "mamba2_attention",
                (device, fixture) -> layer(
                        device,
                        fixture,
                        identity(MAMBA2),
                        (p, x) -> mixer("mamba2").forward(p, x, rows(x), Probe.NONE)));
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
        Params p = Params.of(Official.weights(device, fixture, "w.", FUSED_MAMBA2));
        Tensor x = fixture.tensor(device, "in.P%d.x".formatted(prompt));
        try (MixerState state = mixer("mamba2").newState(device, x.extent(0), x.extent(1))) {
            Tensor first = mixer("mamba2").advance(p, x.slice(1, 0, prompt), state);
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
            Map<String, Tensor> base = Official.weights(device, fixture, "base.", ATTENTION);
            Mixer mixer = mixer("mamba2");
            Map<String, Tensor> seeded = new HashMap<>();
            for (ParamSpec spec : mixer.parameters()) {
                seeded.put(spec.name(), ParamStore.initial(device, spec, 42));
            }
            seeded.putAll(mixer.seed(new AttentionWeights(DIMS, base)));
            for (String name : MAMBA2) {
                if (!name.equals("dt_bias") && !name.equals("g_proj.weight")) {
                    Close.bits(name, fixture.tensor(device, "w." + name), seeded.get(name));
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
    private static final class Heads implements Probe {
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
        Map<String, Tensor> weights = Official.weights(device, fixture, "w.", identity(MAMBA2));
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
            Close.ratio(name, actual.shape(), fixture.truth(name), Values.of(actual), Tolerance.SCAN);
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

    @Test
    void pixelShuffleAgrees() {
        with("pixel_shuffle", (device, fixture) -> {
            for (int side : new int[] {2, 4, 6}) {
                Tensor y = HovleInput.shuffle(fixture.tensor(device, "in.g%d.x".formatted(side)), side, 2);
                Close.bits("g" + side, fixture.tensor(device, "out.g%d.y".formatted(side)), y);
            }
        });
    }

    @TestFactory
    Stream<DynamicTest> patchesAgree() {
        return Stream.of("S14.", "S28.", "S35.")
                .map(prefix -> DynamicTest.dynamicTest(
                        prefix,
                        () -> with("vision_embeddings", (device, fixture) -> patches(device, fixture, prefix))));
    }

    private static void patches(Device device, Fixture fixture, String prefix) {
        int grid =
                (int) Math.round(Math.sqrt(fixture.shape("w.position_embedding").extent(1) - 1));
        HovleInput input = new HovleInput(HIDDEN, 0, 0, -1, 7, grid, 2);
        Tape tape = new Tape();
        Map<String, Tensor> watched = new TreeMap<>();
        Map.of(
                        "patch.weight",
                        "patch_embedding.weight",
                        "patch.bias",
                        "patch_embedding.bias",
                        "position",
                        "position_embedding")
                .forEach((model, official) -> watched.put(model, tape.watch(fixture.tensor(device, "w." + official))));
        Tensor pixels = tape.watch(fixture.tensor(device, "in." + prefix + "pixel_values"));
        Tensor y = input.patches(Params.of(watched), pixels);
        fixture.assertAgrees("value", "out." + prefix + "y", y);
        if (fixture.names().contains("out." + prefix + "grad_pixel_values")) {
            Tensor difference = y.subtract(fixture.tensor(device, "in." + prefix + "target"));
            List<Tensor> gradients = tape.gradients(
                    difference.multiply(difference).mean(),
                    List.of(pixels, watched.get("patch.weight"), watched.get("patch.bias"), watched.get("position")));
            fixture.assertAgrees("grad", "out." + prefix + "grad_pixel_values", gradients.get(0));
            fixture.assertAgrees("grad", "out." + prefix + "grad.patch_embedding.weight", gradients.get(1));
            fixture.assertAgrees("grad", "out." + prefix + "grad.patch_embedding.bias", gradients.get(2));
            fixture.assertAgrees("grad", "out." + prefix + "grad.position_embedding", gradients.get(3));
        }
    }

    @Test
    void specialTokensAgree() {
        with("special_tokens", (device, fixture) -> {
            int hidden = fixture.shape("w.llm_text_embeddings.weight").extent(1);
            int texts = fixture.shape("w.llm_text_embeddings.weight").extent(0);
            int image = Integer.parseInt(fixture.metadata().get("img_context_token_id"));
            HovleInput input = new HovleInput(hidden, texts, 3, image, 7, 2, 2);
            Map<String, Tensor> weights = new TreeMap<>();
            Map.of(
                            "tokens.weight",
                            "llm_text_embeddings.weight",
                            "special.weight",
                            "special_text_embeddings.weight",
                            "patch.weight",
                            "vision_embeddings.patch_embedding.weight",
                            "patch.bias",
                            "vision_embeddings.patch_embedding.bias",
                            "position",
                            "vision_embeddings.position_embedding")
                    .forEach((model, official) -> weights.put(model, fixture.tensor(device, "w." + official)));
            for (String name : List.of("0.weight", "0.bias", "2.weight", "2.bias")) {
                weights.put("projector." + name, fixture.tensor(device, "w.pixel_shuffle_proj." + name));
            }
            Params p = Params.of(weights);
            int[] tokens = fixture.ints("in.input_ids");
            Tensor pixels = fixture.tensor(device, "in.pixel_values");
            fixture.assertAgrees("value", "out.text_embeddings", input.text(p, Shape.of(1, tokens.length), tokens));
            Inputs inputs = new Inputs(tokens, Sequences.whole(1, tokens.length), Map.of(HovleInput.PIXELS, pixels));
            Tensor y = encoderLayer(fixture, hidden)
                    .forward(
                            Params.of(Official.weights(device, fixture, "w.encoder.0.", decoderLayer(1, hidden / 2))),
                            input.encode(p, inputs).x(),
                            Sequences.whole(1, tokens.length),
                            Probe.NONE);
            fixture.assertAgrees("value", "out.hidden_states", y);
        });
    }
}
