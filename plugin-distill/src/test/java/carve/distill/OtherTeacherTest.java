package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.Block;
import carve.api.model.BlockLayout;
import carve.api.model.LoadedModel;
import carve.api.model.MixerSpec;
import carve.api.model.Mlp;
import carve.api.model.ModelSpec;
import carve.api.model.Norm;
import carve.api.model.OutputHead;
import carve.api.model.TokenEmbedding;
import carve.api.param.ParamStore;
import carve.api.stage.ProgressListener;
import carve.api.stage.StageException;
import carve.runtime.train.ParamDigest;
import carve.runtime.train.StageContext;
import carve.runtime.train.StageResult;
import carve.testkit.SmallFamily;
import carve.testkit.SmallModels;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A teacher of another width and depth teaches by logits, and by nothing else, if it has the student's vocabulary. */
final class OtherTeacherTest {
    @TempDir
    private Path folder;

    private static LoadedModel teacher(Device device, int layers, int hidden, int vocabulary) {
        Norm norm = new Norm(Norm.Kind.RMS, hidden, 1e-5);
        LayerConfig dims =
                new LayerConfig(hidden, 2, 2, hidden / 2, false, 1e-5, new RotaryEmbedding(1e4, hidden / 2, 64));
        MixerSpec choice = MixerSpec.of("attention");
        List<Block> blocks = IntStream.range(0, layers)
                .mapToObj(i -> new Block(
                        "llm." + i,
                        dims,
                        choice,
                        TestCatalogs.CATALOGS.mixerCatalog().create(choice.name(), dims, choice.settings()),
                        BlockLayout.preNorm(norm),
                        Mlp.swiGlu(hidden, 20)))
                .toList();
        ModelSpec spec = new ModelSpec(
                "small",
                SmallFamily.config(),
                new TokenEmbedding(vocabulary, hidden),
                blocks,
                norm,
                new OutputHead(vocabulary, false, false));
        return new LoadedModel(new SmallFamily(), spec, ParamStore.initial(device, spec.parameters(), 7));
    }

    private StageResult run(LoadedModel teacher, LoadedModel student, String losses) {
        return TestCatalogs.stage("type = distill, name = other, start-from = any, steps = 3, tensorboard = false,"
                        + " train = [\"layers.**\"], schedule { type = constant }, losses = [" + losses + "]")
                .run(new StageContext(
                        Optional.of(teacher),
                        student,
                        List.of(0, 1),
                        SmallModels.data(4, 42),
                        folder.resolve(losses.contains("top") ? "top" : "all"),
                        Optional.empty(),
                        false,
                        ProgressListener.NONE));
    }

    @ParameterizedTest
    @CsvSource({"3, 24", "2, 36", "1, 12"})
    void logitsAreLearntFromAModelOfAnotherSize(int layers, int hidden) {
        for (String loss : List.of("{ type = kl }", "{ type = top-k-kl, k = 5 }, { type = cross-entropy }")) {
            try (Device device = new ReferenceDevice();
                    LoadedModel teacher = teacher(device, layers, hidden, SmallFamily.VOCABULARY);
                    LoadedModel student = SmallModels.decoder(device, 42)) {
                String before = ParamDigest.of(student.params());
                String taught = ParamDigest.of(teacher.params());
                StageResult result = run(teacher, student, loss);
                assertEquals(3, result.steps());
                assertTrue(Double.isFinite(result.lastLoss()));
                assertNotEquals(before, ParamDigest.of(student.params()));
                assertEquals(taught, ParamDigest.of(teacher.params()));
            }
        }
    }

    @Test
    void layersOfAnotherSizeAreNotCompared() {
        refused(
                3,
                24,
                SmallFamily.VOCABULARY,
                "{ type = kl }, { type = l2 }",
                "stage 'other': teacher (3 layers, hidden size 24) and student (2 layers, hidden size 24) do not match;"
                        + " convert the student from this teacher");
        refused(
                2,
                36,
                SmallFamily.VOCABULARY,
                "{ type = mean-squared-error, site = final_norm }",
                "stage 'other': teacher (2 layers, hidden size 36) and student (2 layers, hidden size 24) do not match;"
                        + " convert the student from this teacher");
    }

    @Test
    void anotherVocabularyIsRefused() {
        refused(
                2,
                24,
                31,
                "{ type = kl }",
                "stage 'other': the vocabularies of teacher (31 tokens) and student (29 tokens) differ; choose a teacher with"
                        + " the student's tokenizer");
    }

    private void refused(int layers, int hidden, int vocabulary, String losses, String message) {
        try (Device device = new ReferenceDevice();
                LoadedModel teacher = teacher(device, layers, hidden, vocabulary);
                LoadedModel student = SmallModels.decoder(device, 42)) {
            assertEquals(
                    message,
                    assertThrows(StageException.class, () -> run(teacher, student, losses))
                            .getMessage());
        }
    }
}
