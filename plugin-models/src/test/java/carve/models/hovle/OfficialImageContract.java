package carve.models.hovle;

import carve.api.config.MapSettings;
import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.Block;
import carve.api.model.BlockLayout;
import carve.api.model.MixerSpec;
import carve.api.model.Mlp;
import carve.api.model.ModelInputs;
import carve.api.model.Norm;
import carve.api.op.SequenceLayout;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.testkit.Fixture;
import carve.testkit.TensorAssertions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Tests that image embeddings agree with those of the authors' code, on a device. */
abstract class OfficialImageContract extends OfficialLayerFixtures {
    @Test
    void pixelShuffleAgrees() {
        with("pixel_shuffle", (device, fixture) -> {
            for (int side : new int[] {2, 4, 6}) {
                Tensor y = HovleInputEncoder.shuffle(fixture.tensor(device, "in.g%d.x".formatted(side)), side, 2);
                TensorAssertions.assertBitwiseEqual("g" + side, fixture.tensor(device, "out.g%d.y".formatted(side)), y);
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
        HovleInputEncoder input = new HovleInputEncoder(HIDDEN, 0, 0, -1, 7, grid, 2);
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
            HovleInputEncoder input = new HovleInputEncoder(hidden, texts, 3, image, 7, 2, 2);
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
            ModelInputs modelInputs = new ModelInputs(
                    tokens, SequenceLayout.unpadded(1, tokens.length), Map.of(HovleInputEncoder.PIXELS, pixels));
            Tensor y = encoderLayer(fixture, hidden)
                    .forward(
                            Params.of(OfficialFixtures.weights(
                                    device, fixture, "w.encoder.0.", decoderLayer(1, hidden / 2))),
                            input.encode(p, modelInputs).x(),
                            SequenceLayout.unpadded(1, tokens.length),
                            ActivationHook.NONE);
            fixture.assertAgrees("value", "out.hidden_states", y);
        });
    }

    // two heads of half the width
    private static Block encoderLayer(Fixture fixture, int hidden) {
        LayerConfig dims =
                new LayerConfig(hidden, 2, 1, hidden / 2, false, 1e-5, new RotaryEmbedding(1e6, hidden / 2, 4096));
        Mixer attention = OfficialFixtures.mixers()
                .create("attention", dims, MapSettings.of(Map.of()).asTree());
        Mlp inner = Mlp.swiGlu(
                hidden, fixture.shape("w.encoder.0.feed_forward.w1.weight").extent(0));
        return new Block(
                "emb.0",
                dims,
                MixerSpec.of("attention"),
                attention,
                BlockLayout.preNorm(new Norm(Norm.Kind.RMS, hidden, 1e-5)),
                inner);
    }
}
