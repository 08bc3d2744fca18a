package carve.models.llava;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.JsonObject;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.InputEncoder.Encoded;
import carve.api.model.Inputs;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.ModelSpec;
import carve.api.model.SiteProbe;
import carve.api.model.Storage;
import carve.api.op.Sequences;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.testkit.Close;
import carve.testkit.Randoms;
import carve.testkit.Tolerance;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Pictures among words: where they go, and what does not fit. */
final class LlavaInputTest {
    private static final int IMAGE = -200;

    private interface Check {
        void of(Device device, LoadedModel model);
    }

    private static void with(Check check) {
        try (ReferenceDevice device = new ReferenceDevice();
                ModelFolder folder = ModelFolder.open(Tiny.folder(Tiny.STUDENT), List.of(Tiny.FAMILY), Tiny.mixers());
                LoadedModel model = folder.load(device, Storage.F32)) {
            check.of(device, model);
        }
    }

    private static Tensor images(Device device, int count) {
        return Randoms.seeded().normal(device, "images", count, 3, 28, 28);
    }

    private static Inputs inputs(Tensor images, Sequences sequences, int... tokens) {
        return new Inputs(tokens, sequences, Map.of(LlavaInput.IMAGES, images));
    }

    private static Tensor logits(LoadedModel model, Inputs inputs) {
        return model.model().forward(model.params(), inputs, SiteProbe.NONE);
    }

    /** Matrices that are kept in fewer bits do for pictures too. */
    @Test
    void weightsInFewerBitsSeePictures(@TempDir Path temporary) {
        Path halves = temporary.resolve("halves");
        with((device, model) -> {
            Inputs inputs = inputs(images(device, 1), Sequences.whole(1, 4), 5, IMAGE, 9, 3);
            try (ModelFolder folder =
                    ModelFolder.open(Tiny.folder(Tiny.STUDENT), List.of(Tiny.FAMILY), Tiny.mixers())) {
                folder.save(model, halves, DType.BF16);
            }
            try (ModelFolder folder = ModelFolder.open(halves, List.of(Tiny.FAMILY), Tiny.mixers());
                    LoadedModel stored = folder.load(device, Storage.KEEP);
                    LoadedModel wide = folder.load(device, Storage.F32)) {
                Close.ratio("logits", logits(wide, inputs), logits(stored, inputs), Tolerance.SCAN);
            }
        });
    }

    /** Conversations packed into one row, each with its picture, give what each gives alone. */
    @Test
    void packedEqualsSeparate() {
        with((device, model) -> {
            Tensor images = images(device, 2);
            Inputs packed = inputs(images, Sequences.packed(0, 4, 7), 5, IMAGE, 9, 3, 7, 2, IMAGE);
            assertEquals(
                    List.of(0, 18, 35), model.spec().input().sequences(packed).offsets());
            Tensor both = logits(model, packed);
            Tensor first = logits(model, inputs(images.slice(0, 0, 1), Sequences.whole(1, 4), 5, IMAGE, 9, 3));
            Tensor second = logits(model, inputs(images.slice(0, 1, 2), Sequences.whole(1, 3), 7, 2, IMAGE));
            Close.ratio("first", first, both.slice(1, 0, 18), Tolerance.SCAN);
            Close.ratio("second", second, both.slice(1, 18, 35), Tolerance.SCAN);
        });
    }

    /** Rows with different numbers of pictures become rows of different lengths. */
    @Test
    void rowsMayHaveDifferentNumbersOfPictures() {
        with((device, model) -> {
            Tensor images = images(device, 3);
            Inputs inputs = inputs(images, Sequences.whole(2, 3), IMAGE, 4, IMAGE, 6, IMAGE, 8);
            assertEquals(Sequences.padded(31, 31, 17), model.spec().input().sequences(inputs));
            Tensor logits = logits(model, inputs);
            Tensor second = logits(model, inputs(images.slice(0, 2, 3), Sequences.whole(1, 3), 6, IMAGE, 8));
            Close.ratio("second row", second, logits.slice(0, 1, 2).slice(1, 0, 17), Tolerance.SCAN);
        });
    }

    @Test
    void picturesThatDoNotFitAreRefused() {
        with((device, model) -> {
            assertRefused(
                    "2 places of pictures (token -200) for 1 pictures; expected one for each, or 15, one for each of its "
                            + "positions",
                    model,
                    inputs(images(device, 1), Sequences.whole(1, 2), IMAGE, IMAGE));
            assertRefused(
                    "1 places of pictures (token -200) for 0 pictures; expected one for each, or 15, one for each of its "
                            + "positions",
                    model,
                    Inputs.text(IMAGE));
            assertRefused(
                    "pictures must be (N, 3, 28, 28), are (1, 3, 28, 14)",
                    model,
                    inputs(images(device, 1).slice(3, 0, 14), Sequences.whole(1, 1), IMAGE));
            assertRefused(
                    "this model takes 'images', but was given 'pixel_values'",
                    model,
                    new Inputs(new int[] {1}, Sequences.whole(1, 1), Map.of("pixel_values", images(device, 1))));
        });
    }

    private static void assertRefused(String message, LoadedModel model, Inputs inputs) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, () -> logits(model, inputs))
                        .getMessage());
    }

    /** Another tower, another connector and another decoder are another configuration. */
    @Test
    void otherPartsAreSettings() {
        JsonObject teacher = Tiny.config(Tiny.TEACHER);
        JsonObject config = teacher.with("connector_type", "mlp3x_gelu")
                .with(
                        "text_config",
                        teacher.object("text_config")
                                .with("model_type", "qwen2")
                                .with("hidden_act", "silu"))
                .with(
                        "vision_config",
                        teacher.object("vision_config")
                                .with("model_type", "clip_vision_model")
                                .with("hidden_act", "quick_gelu"));
        ModelSpec spec = Tiny.FAMILY.read(config, Tiny.mixers());
        List<String> names = List.copyOf(Tiny.FAMILY.names(spec).checkpointNames());
        assertEquals(
                List.of(true, true, true),
                List.of(
                        names.contains("vision_tower._vision_tower.vision_model.pre_layrnorm.weight"),
                        names.contains("connector._connector.4.bias"),
                        names.contains("language_model.model.layers.3.mlp.gate_proj.weight")));
        try (ReferenceDevice device = new ReferenceDevice();
                LoadedModel model =
                        new LoadedModel(Tiny.FAMILY, spec, ParamStore.initial(device, spec.parameters(), 42))) {
            Inputs inputs = inputs(images(device, 1), Sequences.whole(1, 3), 4, IMAGE, 8);
            Encoded encoded = spec.input().encode(model.params().under("input"), inputs);
            assertEquals(Shape.of(1, 18, 64), encoded.x().shape());
            boolean finite = true;
            for (float logit : logits(model, inputs).floats()) {
                finite &= Float.isFinite(logit);
            }
            assertEquals(true, finite);
        }
    }
}
