package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.stage.StageException;
import carve.api.tensor.Tensors;
import carve.runtime.train.ParamDigest;
import carve.runtime.train.StageContext;
import carve.runtime.train.TrainingStage;
import carve.testkit.SmallModels;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that impossible settings of a stage are refused, with messages that say what was found and what would do. */
final class StageValidationTest {
    private static final String ALIGN = "type = distill, name = align, inputs = teacher, start-from = any, steps = 2,"
            + " tensorboard = false, losses = [{ type = mean-squared-error }], train = [\"layers.*.mixer.**\"]";

    @TempDir
    private Path folder;

    private Device device;
    private LoadedModel teacher;
    private LoadedModel student;
    private Dataset data;

    @BeforeEach
    void open() {
        device = new ReferenceDevice();
        teacher = SmallModels.decoder(device, 7);
        student = SmallModels.decoder(device, 42);
        data = SmallModels.data(5, 42);
    }

    @AfterEach
    void close() {
        data.close();
        student.close();
        teacher.close();
        device.close();
    }

    private StageContext context(List<Integer> converted, Optional<String> predecessor, boolean resume) {
        return new StageContext(
                Optional.of(teacher), student, converted, data, folder, predecessor, resume, ProgressListener.NONE);
    }

    private void run(String hocon) {
        TestCatalogs.stage(hocon).run(context(List.of(0, 1), Optional.empty(), false));
    }

    private static void refused(String message, Runnable run) {
        assertEquals(message, assertThrows(StageException.class, run::run).getMessage());
    }

    private static void wrong(String message, String hocon) {
        assertEquals(
                message,
                assertThrows(SettingsException.class, () -> TestCatalogs.stage(hocon))
                        .getMessage());
    }

    @Test
    void aStudentThatNobodyMadeIsRefused() {
        refused(
                "stage 'align': start-from = previous-stage, but there is no previous stage or conversion; run it first, or set"
                        + " start-from = any",
                () -> run(ALIGN.replace("start-from = any", "start-from = previous-stage")));
    }

    @Test
    void aStudentThatIsNotThePredecessorsResultIsRefused() {
        String expected = ParamDigest.of(student.params());
        student.params()
                .put(
                        "final_norm.weight",
                        Tensors.zeros(
                                device,
                                student.params().get("final_norm.weight").shape()));
        String found = ParamDigest.of(student.params());
        refused(
                "stage 'align': the student is not the result of the previous stage: parameter digest "
                        + found.substring(0, 12) + ", expected " + expected.substring(0, 12) + "; load that result",
                () -> TestCatalogs.stage(ALIGN).run(context(List.of(0, 1), Optional.of(expected), false)));
    }

    @Test
    void globsThatMatchNothingAreNamed() {
        String message = assertThrows(
                        StageException.class, () -> run(ALIGN.replace("**\"]", "**\", \"layers.*.mixer.in_prj.*\"]")))
                .getMessage();
        assertTrue(
                message.startsWith("stage 'align': 'train': no parameter matches [layers.*.mixer.in_prj.*];"), message);
    }

    @Test
    void parametersThatCannotLearnAreNamed() {
        refused(
                "stage 'align': inputs = teacher trains only mixer parameters of layers [0, 1], but 'train' also selects"
                        + " [final_norm.weight]",
                () -> run(ALIGN.replace("**\"]", "**\", final_norm.weight], train-scope = all")));
    }

    @Test
    void lossesOfTheWholeModelNeedTheWholeModel() {
        refused(
                "stage 'align': inputs = teacher trains each layer separately, so losses must be per layer (site heads, matrix, mixer,"
                        + " output or hidden), not [kl@logits]; use inputs = own",
                () -> run(ALIGN.replace("type = mean-squared-error", "type = kl")));
    }

    @Test
    void missingSitesNameModelAndLayer() {
        String problem =
                "has no site 'layers.0.haeds'; the mixer 'retention' of layer 0 does not publish 'haeds'; mixers publish"
                        + " 'heads', and attention and Mamba-2 'matrix', and every layer has 'input', 'mixer', 'output' and 'hidden'";
        String misspelt = ALIGN.replace("mean-squared-error", "mean-squared-error, site = haeds");
        refused("stage 'align': the student (small) " + problem, () -> run(misspelt));
        refused("stage 'align': the student (small) " + problem, () -> run(misspelt.replace("= teacher", "= own")));
        refused(
                "stage 'align': the student (small) has no site 'input.image'; models have embed, final_norm, logits, and for each"
                        + " of their 2 layers heads, input, mixer, output and hidden",
                () -> run(ALIGN.replace("mean-squared-error", "mean-squared-error, site = input.image")
                        .replace("= teacher", "= own")));
    }

    @Test
    void plansThatConvertNothingLeaveNothingToAlign() {
        refused(
                "stage 'align': inputs = teacher needs converted layers, but the plan converts none",
                () -> TestCatalogs.stage(ALIGN).run(context(List.of(), Optional.empty(), false)));
    }

    @Test
    void trainedParametersAreNotTheTeachersToo() {
        student.params().put("layers.0.mixer.q_proj.weight", teacher.params().get("layers.0.mixer.q_proj.weight"));
        refused(
                "stage 'align': teacher and student share the buffers of the trainable parameters"
                        + " [layers.0.mixer.q_proj.weight]; copy them before training, or the teacher would change too",
                () -> run(ALIGN));
    }

    @Test
    void anotherRunInTheFolderIsRefused() {
        run(ALIGN);
        refused(
                "stage 'align': " + folder
                        + " already contains checkpoints (latest: checkpoint-0000000002.safetensors); pass --resume, or delete"
                        + " the folder",
                () -> run(ALIGN));
    }

    @Test
    void resumingWithOtherSettingsIsRefused() {
        ProgressListener stop = (done, total, loss, rate) -> {
            throw new IllegalStateException("stopped");
        };
        TrainingStage stage = TestCatalogs.stage(ALIGN + ", checkpoint-steps = 1");
        StageContext first = context(List.of(0, 1), Optional.empty(), false);
        assertThrows(
                IllegalStateException.class,
                () -> stage.run(new StageContext(
                        first.teacher(), student, first.converted(), data, folder, Optional.empty(), false, stop)));
        student.close();
        student = SmallModels.decoder(device, 42);
        String adam =
                "AdamWOptimizer[learningRate=%s, beta1=0.9, beta2=0.999, epsilon=1.0E-8, weightDecay=0.05, noWeightDecay=[**bias**], weightDecayMinRank=0, groups=[]]";
        refused(
                "stage 'align': cannot resume from " + folder.resolve("checkpoint-0000000001.safetensors")
                        + ", these settings have changed:\n"
                        + "  optimizer: was " + adam.formatted("0.001") + ", is " + adam.formatted("0.002") + "\n"
                        + "  batch-size: was 8, is 4\n"
                        + "restore them, or start a new run in another folder",
                () -> TestCatalogs.stage(
                                ALIGN + ", optimizer.learning-rate = 2e-3, batch-size = 4, max-checkpoints = 9")
                        .run(context(List.of(0, 1), Optional.empty(), true)));
    }

    @Test
    void aLossThatIsNotANumberStopsTheRun() {
        student.params()
                .put(
                        "layers.0.mixer.q_proj.weight",
                        Tensors.full(
                                device,
                                student.params()
                                        .get("layers.0.mixer.q_proj.weight")
                                        .shape(),
                                Double.NaN));
        refused(
                "stage 'align': step 1: loss NaN, gradient norm NaN; try a lower learning-rate or max-gradient-norm"
                        + "; layer llm.0: mixer 'retention' of carve.testkit.Retention gives values that are not finite",
                () -> run(ALIGN));
    }

    @Test
    void wrongSettingsAreRefused() {
        wrong("recipe: 1: key 'steps' must be 1 or more, is 0", ALIGN.replace("steps = 2", "steps = 0"));
        wrong(
                "recipe: 1: key 'start-from' must be one of previous-stage, any, is 'all'",
                ALIGN.replace("= any", "= all"));
        wrong(
                "recipe: 1: key 'max-gradient-norm' must be a norm, or 0 for no clipping, is -1.0",
                ALIGN + ", max-gradient-norm = -1");
        wrong(
                "recipe: 1: key 'train' must name the parameters to train, such as [\"layers.*.mixer.**\"], is empty",
                ALIGN.replace("[\"layers.*.mixer.**\"]", "[]"));
        wrong(
                "recipe: 1: key 'losses' must name a loss, such as [{ type = kl }], is empty",
                ALIGN.replace("[{ type = mean-squared-error }]", "[]"));
        wrong(
                "recipe: 1: key 'losses' contains kl@logits, which needs a teacher; use a distill stage, or the loss cross-entropy",
                "type = supervised, name = learn, steps = 2, losses = [{ type = kl }]");
        wrong("recipe: 1: key 'batchsize' was not used; did you mean 'batch-size'?", ALIGN + ", batchsize = 3");
    }
}
