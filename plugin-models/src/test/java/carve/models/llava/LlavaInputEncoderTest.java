package carve.models.llava;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.JsonObject;
import carve.api.model.ActivationRecorder;
import carve.api.model.InputEncoder.Embeddings;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelSpec;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import carve.testkit.Tolerance;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures among words: where they go, and what does not fit. */
final class LlavaInputEncoderTest {
    private static final int IMAGE = -200;

    private interface Check {
        void of(Device device, LoadedModel model);
    }

    private static void with(Check check) {
        try (ReferenceDevice device = new ReferenceDevice();
                ModelFolder folder = ModelFolder.open(
                        TinyModels.folder(TinyModels.STUDENT), List.of(TinyModels.FAMILY), TinyModels.mixers());
                LoadedModel model = folder.load(device, WeightPrecision.F32)) {
            check.of(device, model);
        }
    }

    private static Tensor images(Device device, int count) {
        return RandomTensors.seeded().normal(device, "images", count, 3, 28, 28);
    }

    private static ModelInputs inputs(Tensor images, SequenceLayout sequenceLayout, int... tokens) {
        return new ModelInputs(tokens, sequenceLayout, Map.of(LlavaInputEncoder.IMAGES, images));
    }

    private static Tensor logits(LoadedModel model, ModelInputs modelInputs) {
        return model.model().forward(model.params(), modelInputs, ActivationRecorder.NONE);
    }

    /** Matrices that are kept in fewer bits do for pictures too. */
    @Test
    void weightsInFewerBitsSeePictures(@TempDir Path temporary) {
        Path halves = temporary.resolve("halves");
        with((device, model) -> {
            ModelInputs modelInputs = inputs(images(device, 1), SequenceLayout.unpadded(1, 4), 5, IMAGE, 9, 3);
            try (ModelFolder folder = ModelFolder.open(
                    TinyModels.folder(TinyModels.STUDENT), List.of(TinyModels.FAMILY), TinyModels.mixers())) {
                folder.save(model, halves, DType.BF16);
            }
            try (ModelFolder folder = ModelFolder.open(halves, List.of(TinyModels.FAMILY), TinyModels.mixers());
                    LoadedModel stored = folder.load(device, WeightPrecision.AS_STORED);
                    LoadedModel wide = folder.load(device, WeightPrecision.F32)) {
                TensorAssertions.assertClose(
                        "logits", logits(wide, modelInputs), logits(stored, modelInputs), Tolerance.SCAN);
            }
        });
    }

    /** Conversations packed into one row, each with its picture, give what each gives alone. */
    @Test
    void packedEqualsSeparate() {
        with((device, model) -> {
            Tensor images = images(device, 2);
            ModelInputs packed = inputs(images, SequenceLayout.packed(0, 4, 7), 5, IMAGE, 9, 3, 7, 2, IMAGE);
            assertEquals(List.of(0, 18, 35), model.spec().input().layout(packed).offsets());
            Tensor both = logits(model, packed);
            Tensor first = logits(model, inputs(images.slice(0, 0, 1), SequenceLayout.unpadded(1, 4), 5, IMAGE, 9, 3));
            Tensor second = logits(model, inputs(images.slice(0, 1, 2), SequenceLayout.unpadded(1, 3), 7, 2, IMAGE));
            TensorAssertions.assertClose("first", first, both.slice(1, 0, 18), Tolerance.SCAN);
            TensorAssertions.assertClose("second", second, both.slice(1, 18, 35), Tolerance.SCAN);
        });
    }

    /** Rows with different numbers of pictures become rows of different lengths. */
    @Test
    void rowsMayHaveDifferentNumbersOfPictures() {
        with((device, model) -> {
            Tensor images = images(device, 3);
            ModelInputs modelInputs = inputs(images, SequenceLayout.unpadded(2, 3), IMAGE, 4, IMAGE, 6, IMAGE, 8);
            assertEquals(SequenceLayout.padded(31, 31, 17), model.spec().input().layout(modelInputs));
            Tensor logits = logits(model, modelInputs);
            Tensor second = logits(model, inputs(images.slice(0, 2, 3), SequenceLayout.unpadded(1, 3), 6, IMAGE, 8));
            TensorAssertions.assertClose(
                    "second row", second, logits.slice(0, 1, 2).slice(1, 0, 17), Tolerance.SCAN);
        });
    }

    @Test
    void picturesThatDoNotFitAreRefused() {
        with((device, model) -> {
            assertRefused(
                    "2 image tokens (id -200) for 1 images; expected 1 or 15 per image",
                    model,
                    inputs(images(device, 1), SequenceLayout.unpadded(1, 2), IMAGE, IMAGE));
            assertRefused(
                    "1 image tokens (id -200) for 0 images; expected 1 or 15 per image",
                    model,
                    ModelInputs.text(IMAGE));
            assertRefused(
                    "images must be (N, 3, 28, 28), found (1, 3, 28, 14)",
                    model,
                    inputs(images(device, 1).slice(3, 0, 14), SequenceLayout.unpadded(1, 1), IMAGE));
            assertRefused(
                    "this model takes 'images', but was given 'pixel_values'",
                    model,
                    new ModelInputs(
                            new int[] {1}, SequenceLayout.unpadded(1, 1), Map.of("pixel_values", images(device, 1))));
        });
    }

    private static void assertRefused(String message, LoadedModel model, ModelInputs modelInputs) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> logits(model, modelInputs))
                        .getMessage());
    }

    /** Another tower, another connector and another decoder are another configuration. */
    @Test
    void otherPartsAreSettings() {
        JsonObject teacher = TinyModels.config(TinyModels.TEACHER);
        JsonObject config = teacher.with("connector_type", "mlp3x_gelu")
                .with(
                        "text_config",
                        teacher.object("text_config")
                                .without("layer_norm_eps")
                                .without("qk_layernorm")
                                .with("model_type", "qwen2")
                                .with("hidden_act", "silu"))
                .with(
                        "vision_config",
                        teacher.object("vision_config")
                                .with("model_type", "clip_vision_model")
                                .with("hidden_act", "quick_gelu"));
        ModelSpec spec = TinyModels.FAMILY.spec(config, TinyModels.mixers());
        List<String> names = List.copyOf(TinyModels.FAMILY.names(spec).checkpointNames());
        assertEquals(
                List.of(true, true, true),
                List.of(
                        names.contains("vision_tower._vision_tower.vision_model.pre_layrnorm.weight"),
                        names.contains("connector._connector.4.bias"),
                        names.contains("language_model.model.layers.3.mlp.gate_proj.weight")));
        try (ReferenceDevice device = new ReferenceDevice();
                LoadedModel model =
                        new LoadedModel(TinyModels.FAMILY, spec, ParamStore.initial(device, spec.parameters(), 42))) {
            ModelInputs modelInputs = inputs(images(device, 1), SequenceLayout.unpadded(1, 3), 4, IMAGE, 8);
            Embeddings embeddings = spec.input().encode(model.params().under("input"), modelInputs);
            assertEquals(Shape.of(1, 18, 64), embeddings.x().shape());
            boolean finite = true;
            for (float logit : logits(model, modelInputs).floats()) {
                finite &= Float.isFinite(logit);
            }
            assertEquals(true, finite);
        }
    }
}
