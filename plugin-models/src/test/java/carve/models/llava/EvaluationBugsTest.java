package carve.models.llava;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.CheckpointException;
import carve.api.checkpoint.TensorData;
import carve.api.checkpoint.TensorSources;
import carve.api.data.Sample;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.model.ActivationRecorder;
import carve.api.model.Dropout;
import carve.api.model.LoadedModel;
import carve.api.model.ModelInputs;
import carve.api.model.ModelState;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import carve.api.text.EncodedImage;
import carve.api.text.Message;
import carve.api.text.Processor;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.CheckpointWriter;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.testkit.Fixture;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that the bugs of the authors' evaluation are reproduced on request only. */
final class EvaluationBugsTest {
    private static final int[] TOKENS = {5, 9, 77, 3};

    @TempDir
    private Path temporary;

    private Path folder(JsonObject carve) throws IOException {
        JsonObject config = TinyModels.config(TinyModels.STUDENT);
        Path folder = Files.createDirectories(temporary.resolve("student"));
        JsonObject dropping =
                config.with("text_config", config.object("text_config").with("resid_pdrop", 0.25));
        for (Map.Entry<String, byte[]> file :
                TinyModels.FAMILY.configFiles(dropping.with("carve", carve)).entrySet()) {
            Files.write(folder.resolve(file.getKey()), file.getValue());
        }
        Files.copy(
                TinyModels.folder(TinyModels.STUDENT).resolve("model.safetensors"),
                folder.resolve("model.safetensors"));
        return folder;
    }

    private interface Check {
        void of(Device device, LoadedModel model);
    }

    private static void load(Path folder, Check check) {
        try (ReferenceDevice device = new ReferenceDevice();
                ModelFolder opened = ModelFolder.open(folder, List.of(TinyModels.FAMILY), TinyModels.mixers());
                LoadedModel model = opened.load(device, WeightPrecision.F32)) {
            check.of(device, model);
        }
    }

    private static float[] logits(LoadedModel model) {
        return model.model()
                .forward(model.params(), ModelInputs.text(TOKENS), ActivationRecorder.NONE)
                .floats();
    }

    private static float[] official() {
        float[][] found = new float[1][];
        load(TinyModels.folder(TinyModels.STUDENT), (_, model) -> found[0] = logits(model));
        return found[0];
    }

    @Test
    void nothingIsDoneWithoutRequest() throws IOException {
        load(folder(JsonObject.empty()), (_, model) -> assertArrayEquals(official(), logits(model)));
    }

    @Test
    void dropoutMayStayOn() throws IOException {
        load(folder(JsonObject.empty().with("official-dropout-at-eval", true)), (_, model) -> {
            assertEquals(
                    new Dropout(0.25, 42, 0), model.spec().layers().getLast().dropout());
            assertFalse(Arrays.equals(official(), logits(model)));
            assertArrayEquals(logits(model), logits(model));
            var other = model.spec().with(new Dropout(0.25, 42, 1));
            assertFalse(Arrays.equals(logits(model), logits(new LoadedModel(model.family(), other, model.params()))));
            var none = model.spec().with(Dropout.NONE);
            assertArrayEquals(official(), logits(new LoadedModel(model.family(), none, model.params())));
        });
    }

    @Test
    void statesMayBeRounded() throws IOException {
        load(folder(JsonObject.empty().with("official-fp16-state", true)), (device, model) -> {
            assertArrayEquals(official(), logits(model));
            try (ModelState state = model.model().newState(device, 1, 4)) {
                model.model().advance(model.params(), ModelInputs.text(TOKENS), state);
                assertEquals(
                        model.spec().layers().getFirst().mixer().stateBytes(1, 4),
                        state.layer(0).bytes());
                assertEquals(DType.F16, state.layer(0).save().get("ssm_state").dtype());
            }
        });
    }

    private Processor processor(boolean official) throws IOException {
        JsonObject carve = official ? JsonObject.empty().with("official-max-length", true) : JsonObject.empty();
        Path tokens = Path.of("..", "demo", "matvlm", "untrained");
        return TinyModels.FAMILY.processor(
                TinyModels.FAMILY.spec(TinyModels.config(TinyModels.STUDENT).with("carve", carve), TinyModels.mixers()),
                tokens);
    }

    /** The official decode ends where prompt and answer together have max_new_tokens, a picture counting once. */
    @Test
    void promptsMayCountAsAnswers() throws IOException {
        EncodedImage encodedImage =
                EncodedImage.read(Fixture.folder().resolve("preprocess").resolve("d_150x150.png"));
        try (Processor sane = processor(false);
                Processor official = processor(true)) {
            Sample words = official.prompt(List.of(Message.user("how many")));
            Sample seen = official.prompt(List.of(Message.user("how many", encodedImage)));
            assertEquals(
                    seen.tokens().length,
                    sane.prompt(List.of(Message.user("how many", encodedImage))).tokens().length);
            for (Sample prompt : List.of(words, seen)) {
                int counted = prompt.tokens().length - (prompt == seen ? 14 : 0);
                assertEquals(100, sane.maxNewTokens(prompt, 100));
                assertEquals(100 - counted, official.maxNewTokens(prompt, 100));
                assertEquals(1, official.maxNewTokens(prompt, counted - 3));
            }
        }
    }

    private void writeBase(int vocabulary) {
        float[] weight = new float[vocabulary * 64];
        Arrays.fill(weight, 0.5f);
        new CheckpointWriter(temporary.resolve("base"))
                .with(Checkpoint.CONFIG, JsonObject.empty())
                .write(TensorSources.of(Map.of(
                        "lm_head.weight", data(Shape.of(vocabulary, 64), weight),
                        "lm_head.bias", data(Shape.of(vocabulary), new float[vocabulary]))));
    }

    private static TensorData data(Shape shape, float[] values) {
        return new TensorData(new TensorType(DType.F32, shape), MemorySegment.ofArray(values));
    }

    @Test
    void headMayBeThatOfAnother() throws IOException {
        writeBase(128);
        load(folder(JsonObject.empty().with("official-lm-head", "../base")), (_, model) -> {
            assertEquals(0.5f, model.params().get("output.weight").floats()[7]);
            try (SafeTensorsFile own =
                    SafeTensorsFile.open(TinyModels.folder(TinyModels.STUDENT).resolve("model.safetensors"))) {
                String table = "language_model.model.embed_tokens.weight";
                assertEquals(
                        -1,
                        MemorySegment.ofArray(model.params()
                                        .get("input.tokens.weight")
                                        .floats())
                                .mismatch(own.data(table)));
            }
        });
    }

    @Test
    void headsThatDoNotFitAreRefused() throws IOException {
        writeBase(100);
        Path folder = folder(JsonObject.empty().with("official-lm-head", "../base"));
        CheckpointException e = assertThrows(CheckpointException.class, () -> load(folder, (_, _) -> {}));
        assertEquals(
                "'official-lm-head' needs 'lm_head.weight' (128, 64), there is (100, 64)",
                e.getMessage().substring(e.getMessage().indexOf('\'')));
    }

    @Test
    void unknownKeysAreRefused() throws IOException {
        JsonObject config = TinyModels.config(TinyModels.STUDENT)
                .with("carve", JsonObject.empty().with("official-dropout", true));
        JsonException e = assertThrows(JsonException.class, () -> TinyModels.FAMILY.spec(config, TinyModels.mixers()));
        assertEquals(
                "no key 'official-dropout'; there are layers, official-dropout-at-eval, official-fp16-state, "
                        + "official-lm-head, official-max-length",
                e.getMessage().substring(e.getMessage().indexOf("no key")));
    }
}
