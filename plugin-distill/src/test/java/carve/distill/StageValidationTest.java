package carve.distill;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.data.Dataset;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.LoadedModel;
import carve.api.stage.ParamDigest;
import carve.api.stage.ProgressListener;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.stage.StageException;
import carve.api.tensor.Tensors;
import carve.testkit.SmallModels;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a stage cannot do it refuses, with what was found and what would do. */
final class StageValidationTest {
    private static final String ALIGN = "type = distill, name = align, forcing = teacher, start = any, steps = 2,"
            + " tensorboard = false, losses = [{ type = mean-square }], train = [\"layers.*.mixer.**\"]";

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
                "stage 'align': it starts from the result of an earlier stage or of a conversion (start = predecessor), but none"
                        + " is given; run what comes before it, or say start = any to train whatever the student is",
                () -> run(ALIGN.replace("start = any", "start = predecessor")));
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
                "stage 'align': the student is not what came before it ended with: its parameters have the digest "
                        + found.substring(0, 12) + ", those had " + expected.substring(0, 12) + "; load that result",
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
                "stage 'align': with forcing = teacher and these losses only parameters of the mixers of layers [0, 1] learn, but"
                        + " 'train' chooses [final_norm.weight]",
                () -> run(ALIGN.replace("**\"]", "**\", final_norm.weight], among = all")));
    }

    @Test
    void lossesOfTheWholeModelNeedTheWholeModel() {
        refused(
                "stage 'align': with forcing = teacher layers learn alone, so losses must be at a site of layers (heads, output,"
                        + " hidden), not [kl@logits]; use forcing = none",
                () -> run(ALIGN.replace("type = mean-square", "type = kl")));
    }

    @Test
    void sitesThatNobodyPublishesAreNamed() {
        refused(
                "stage 'align': nothing was observed at 'haeds' of layer 0; mixers publish 'heads', and every layer has 'output'"
                        + " and 'hidden'",
                () -> run(ALIGN.replace("mean-square", "mean-square, at = haeds")));
        refused(
                "stage 'align': nothing was observed at 'layers.0.haeds'; there are embed, final_norm, logits, and for layers"
                        + " heads, output and hidden",
                () -> run(
                        ALIGN.replace("mean-square", "mean-square, at = haeds").replace("= teacher", "= none")));
    }

    @Test
    void plansThatConvertNothingLeaveNothingToAlign() {
        refused(
                "stage 'align': the plan converts no layer, so with forcing = teacher there is nothing to learn",
                () -> TestCatalogs.stage(ALIGN).run(context(List.of(), Optional.empty(), false)));
    }

    @Test
    void trainedParametersAreNotTheTeachersToo() {
        student.params().put("layers.0.mixer.q_proj.weight", teacher.params().get("layers.0.mixer.q_proj.weight"));
        refused(
                "stage 'align': the student shares the memory of trained parameters with the teacher, which would change:"
                        + " [layers.0.mixer.q_proj.weight]; give the student copies",
                () -> run(ALIGN));
    }

    @Test
    void anotherRunInTheFolderIsRefused() {
        run(ALIGN);
        refused(
                "stage 'align': " + folder
                        + " has checkpoints of an earlier run, up to checkpoint-0000000002.safetensors;"
                        + " resume that run, or remove the folder",
                () -> run(ALIGN));
    }

    @Test
    void resumingWithOtherSettingsIsRefused() {
        ProgressListener stop = (done, total, loss, rate) -> {
            throw new IllegalStateException("stopped");
        };
        Stage stage = TestCatalogs.stage(ALIGN + ", checkpoint-every = 1");
        StageContext first = context(List.of(0, 1), Optional.empty(), false);
        assertThrows(
                IllegalStateException.class,
                () -> stage.run(new StageContext(
                        first.teacher(), student, first.converted(), data, folder, Optional.empty(), false, stop)));
        student.close();
        student = SmallModels.decoder(device, 42);
        String adam =
                "AdamWOptimizer[rate=%s, beta1=0.9, beta2=0.999, epsilon=1.0E-8, weightDecay=0.05, noDecay=[**bias**], decayMinRank=0]";
        refused(
                "stage 'align': " + folder.resolve("checkpoint-0000000001.safetensors")
                        + " cannot be resumed, this has changed since:\n"
                        + "  optimizer was " + adam.formatted("0.001") + ", is " + adam.formatted("0.002") + "\n"
                        + "  batch-size was 8, is 4\n"
                        + "restore it, or begin anew in another folder",
                () -> TestCatalogs.stage(ALIGN + ", optimizer.rate = 2e-3, batch-size = 4, keep = 9")
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
                "stage 'align': step 1: the loss is NaN, the norm of the gradients NaN; a smaller rate or gradient-clip may help"
                        + "; layer llm.0: mixer 'retention' of carve.testkit gives values that are not finite",
                () -> run(ALIGN));
    }

    @Test
    void wrongSettingsAreRefused() {
        wrong("recipe: 1: key 'steps' must be 1 or more, is 0", ALIGN.replace("steps = 2", "steps = 0"));
        wrong("recipe: 1: key 'start' must be one of predecessor, any, is 'all'", ALIGN.replace("= any", "= all"));
        wrong("recipe: 1: key 'gradient-clip' must be a norm, or 0 for any, is -1.0", ALIGN + ", gradient-clip = -1");
        wrong(
                "recipe: 1: key 'train' must name the parameters to train, such as [\"layers.*.mixer.**\"], is empty",
                ALIGN.replace("[\"layers.*.mixer.**\"]", "[]"));
        wrong(
                "recipe: 1: key 'losses' must name a loss, such as [{ type = kl }], is empty",
                ALIGN.replace("[{ type = mean-square }]", "[]"));
        wrong(
                "recipe: 1: key 'losses' has kl@logits, which compares with a teacher; use a distill stage, or cross-entropy",
                "type = supervised, name = learn, steps = 2, losses = [{ type = kl }]");
        wrong("recipe: 1: key 'batchsize' was not used; did you mean 'batch-size'?", ALIGN + ", batchsize = 3");
    }
}
