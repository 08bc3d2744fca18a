package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.KernelPolicy;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.param.ParamStore;
import carve.api.tensor.DType;
import carve.app.TestDistribution;
import carve.hocon.Hocon;
import carve.runtime.catalog.Catalogs;
import carve.runtime.convert.Conversion;
import carve.runtime.device.DeviceSelector;
import carve.runtime.memory.LayerTrainingMemory;
import carve.runtime.memory.MetaDevice;
import carve.runtime.memory.MetaModels;
import carve.runtime.memory.StageTrainingMemory;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.train.StageContext;
import carve.runtime.train.TrainingStage;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tests the estimate of a training step's memory against the memory that the step takes. */
class StageTrainingMemoryTest {
    private static final Catalogs CATALOGS = TestDistribution.catalogs();
    private static final int POSITIONS = 60;
    /** The largest relative error of the estimate: kernels keep more for gradients than results. */
    private static final double TOLERANCE = 0.15;

    private static TrainingStage stage(String rest) {
        return TrainingStage.of(
                Hocon.parse("type = distill, name = s, steps = 1, batch-size = 4, start-from = any, " + rest, "stage"),
                CATALOGS);
    }

    private static ModelFolder teacher() {
        return ModelFolder.open(
                Path.of("..", "demo", "teacher"), CATALOGS.families().providers(), CATALOGS.mixerCatalog());
    }

    private static ModelSpec student(ModelFolder teacher) {
        LayerPlan plan = LayerPlanReader.read(
                Hocon.parse("repeat = [mamba2, keep]", "plan"),
                teacher.spec().layers().size());
        return teacher.family().studentSpec(teacher.spec(), plan, CATALOGS.mixerCatalog());
    }

    private static StageTrainingMemory.TeacherStudent pair(ModelFolder folder) {
        ModelSpec student = student(folder);
        return new StageTrainingMemory.TeacherStudent(
                folder.family(), Optional.of(folder.spec()), student, Conversion.converted(folder.spec(), student));
    }

    private static StageTrainingMemory counted(String rest) {
        try (ModelFolder folder = teacher()) {
            return StageTrainingMemory.of(stage(rest), pair(folder), POSITIONS, DType.F32);
        }
    }

    /** Returns the most bytes that scopes owned on a device while a step was made. */
    private static long owned(Device device, String rest, LoadedModel teacher, LoadedModel student) {
        try (ModelFolder folder = teacher()) {
            stage(rest)
                    .dryRun(new StageContext(
                            Optional.of(teacher),
                            student,
                            pair(folder).converted(),
                            MetaModels.textSamples(POSITIONS),
                            Path.of("nowhere"),
                            Optional.empty(),
                            false,
                            (_, _, _, _) -> {}));
            return device.context().scopes().peakBytes();
        }
    }

    private static long measured(String rest) {
        try (ModelFolder folder = teacher();
                Device device = new DeviceSelector(CATALOGS.devices(), "cpu", KernelPolicy.PREFERRED).open();
                LoadedModel teacher = folder.load(device, WeightPrecision.F32);
                LoadedModel student = new LoadedModel(
                        folder.family(),
                        student(folder),
                        ParamStore.initial(device, student(folder).parameters(), 42))) {
            return owned(device, rest, teacher, student);
        }
    }

    private static long onPaper(String rest) {
        try (ModelFolder folder = teacher();
                MetaDevice device = new MetaDevice();
                LoadedModel teacher = MetaModels.of(device, folder.family(), folder.spec(), DType.F32);
                LoadedModel student = MetaModels.of(device, folder.family(), student(folder), DType.F32)) {
            return owned(device, rest, teacher, student);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "inputs = teacher, train = [\"layers.*.mixer.**\"], losses = [{ type = mean-squared-error, site = heads }]",
                "train = [\"layers.*.mixer.**\"], losses = [{ type = kl }]",
                "train = [\"layers.*.mixer.**\"], losses = [{ type = kl }], gradient-checkpointing = true",
                "train = [\"**\"], train-scope = all, losses = [{ type = kl }], gradient-checkpointing = true, max-logits-mib = 0.05"
            })
    void theCountIsNearWhatIsMeasured(String rest) {
        double ratio = measured(rest) / (double) onPaper(rest);
        assertTrue(Math.abs(ratio - 1) <= TOLERANCE, "measured over counted: " + ratio);
    }

    @Test
    void partsAreWhatTheModelsHave() {
        StageTrainingMemory counted = counted("train = [\"**\"], train-scope = all, losses = [{ type = kl }]");
        try (ModelFolder folder = teacher()) {
            long teacher = 4
                    * folder.spec().parameters().stream()
                            .mapToLong(param -> param.shape().size())
                            .sum();
            assertEquals(teacher, counted.teacherBytes());
            long student = 4
                    * student(folder).parameters().stream()
                            .mapToLong(param -> param.shape().size())
                            .sum();
            assertEquals(student, counted.studentBytes());
            assertEquals(student, counted.footprint().gradients());
            assertEquals(2 * student, counted.footprint().optimizerState());
        }
    }

    @Test
    void recomputingTakesLess() {
        String stage = "train = [\"layers.*.mixer.**\"], losses = [{ type = kl }]";
        assertTrue(counted(stage).transientBytes()
                > 2 * counted(stage + ", gradient-checkpointing = true").transientBytes());
        try (ModelFolder folder = teacher()) {
            List<LayerTrainingMemory> layers = LayerTrainingMemory.of(folder.spec(), 2, POSITIONS);
            assertEquals(folder.spec().layers().size(), layers.size());
            layers.forEach(
                    layer -> assertTrue(layer.savedActivations() > layer.checkpointedActivations(), layer::toString));
            layers.forEach(layer -> assertTrue(layer.peakBytes() > layer.savedActivations(), layer::toString));
        }
        assertEquals(Map.of(), MetaModels.textSamples(3).skipped());
    }
}
