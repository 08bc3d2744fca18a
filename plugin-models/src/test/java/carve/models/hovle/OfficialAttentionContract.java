package carve.models.hovle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.checkpoint.NameMap;
import carve.api.checkpoint.NameRule;
import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.MixerState;
import carve.api.model.Block;
import carve.api.model.BlockLayout;
import carve.api.model.FeedForward;
import carve.api.model.MixerSpec;
import carve.api.model.Mlp;
import carve.api.model.Norm;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.testkit.Fixture;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Attention, the feed-forward network and layers of both agree with what the authors' code computed, on a device. */
abstract class OfficialAttentionContract extends OfficialLayerFixtures {
    @Test
    void attentionAgrees() {
        with(
                "internlm2_attention",
                (device, fixture) -> layer(
                        device,
                        fixture,
                        ATTENTION,
                        (p, x) -> mixer("attention").forward(p, x, rows(x), ActivationHook.NONE)));
    }

    @Test
    void rotaryTableAgrees() {
        with("internlm2_attention", (device, fixture) -> {
            int rows = fixture.shape("out.rope.cos").extent(0);
            int[] positions = IntStream.range(0, rows).map(i -> 6 * i).toArray();
            table(fixture, "out.rope.cos", DIMS.rotaryEmbedding().cos(positions, 1));
            table(fixture, "out.rope.sin", DIMS.rotaryEmbedding().sin(positions, 1));
        });
    }

    // the official table repeats its halves
    private static void table(Fixture fixture, String name, float[] half) {
        double[] truth = fixture.reference(name);
        for (int i = 0; i < truth.length; i++) {
            int row = i / 16;
            assertEquals(truth[i], half[row * 8 + i % 8], 1e-6, name + " at " + i);
        }
    }

    @Test
    void attentionStepsAgree() {
        with("internlm2_attention", (device, fixture) -> {
            Params p = Params.of(OfficialFixtures.weights(device, fixture, "w.", ATTENTION));
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

    @Test
    void paddedAttentionAgrees() {
        with("embedding_attention_padded", (device, fixture) -> {
            Params p = Params.of(OfficialFixtures.weights(device, fixture, "w.", ATTENTION));
            Tensor x = fixture.tensor(device, "in.x");
            int[] mask = fixture.ints("in.attention_mask");
            int[] lengths = new int[x.extent(0)];
            for (int i = 0; i < mask.length; i++) {
                lengths[i / x.extent(1)] += mask[i];
            }
            SequenceLayout padded = SequenceLayout.padded(x.extent(1), lengths);
            fixture.assertAgrees("value", "out.y", mixer("attention").forward(p, x, padded, ActivationHook.NONE));
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
        Params p = Params.of(OfficialFixtures.weights(device, fixture, "w.", ATTENTION));
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
        return Mlp.swiGlu(HIDDEN, fixture.shape(gate).extent(0));
    }

    @Test
    void decoderLayerAgrees() {
        with("internlm2_decoder_layer", (device, fixture) -> {
            Block block = new Block(
                    "llm.0",
                    DIMS,
                    MixerSpec.of("attention"),
                    mixer("attention"),
                    BlockLayout.preNorm(new Norm(Norm.Kind.RMS, HIDDEN, 1e-5)),
                    feedForward(fixture, "w.feed_forward.w1.weight"));
            layer(device, fixture, decoderLayer(2, 16), (p, x) -> block.forward(p, x, rows(x), ActivationHook.NONE));
        });
    }
}
