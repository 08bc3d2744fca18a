package carve.app.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.Settings;
import carve.api.device.Device;
import carve.api.model.Conversion;
import carve.api.model.LayerPlan;
import carve.api.model.PlanReader;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.ModelSpec;
import carve.api.model.Storage;
import carve.api.param.ParamStore;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.stage.StageProvider;
import carve.api.tensor.DType;
import carve.api.tensor.Workspace.Kernels;
import carve.app.Assembled;
import carve.app.work.DeviceChoice;
import carve.hocon.Catalogs;
import carve.hocon.Hocon;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is counted is what a step takes. */
class StageMemoryTest {
    private static final Catalogs CATALOGS = Assembled.catalogs();
    private static final int POSITIONS = 60;
    /** How far the count may be from what is measured: kernels keep more for gradients than results. */
    private static final double TOLERANCE = 0.15;

    private static Stage stage(String rest) {
        return CATALOGS.stages()
                .create(
                        Hocon.parse(
                                "type = distill, name = s, steps = 1, batch-size = 4, start = any, " + rest, "stage"),
                        (StageProvider provider, Settings settings) -> provider.create(settings, CATALOGS.parts()));
    }

    private static ModelFolder teacher() {
        return ModelFolder.open(
                Path.of("..", "demo", "teacher"), CATALOGS.families().providers(), CATALOGS.mixerCatalog());
    }

    private static ModelSpec student(ModelFolder teacher) {
        LayerPlan plan = PlanReader.read(
                Hocon.parse("repeat = [mamba2, keep]", "plan"),
                teacher.spec().layers().size());
        return teacher.family().convert(teacher.spec(), plan, CATALOGS.mixerCatalog());
    }

    private static StageMemory.Pair pair(ModelFolder folder) {
        ModelSpec student = student(folder);
        return new StageMemory.Pair(
                folder.family(), Optional.of(folder.spec()), student, Conversion.converted(folder.spec(), student));
    }

    private static StageMemory counted(String rest) {
        try (ModelFolder folder = teacher()) {
            return StageMemory.of(stage(rest), pair(folder), POSITIONS, DType.F32)
                    .orElseThrow();
        }
    }

    /** Returns the most bytes that scopes owned on a device while a step was made. */
    private static long owned(Device device, String rest, LoadedModel teacher, LoadedModel student) {
        try (ModelFolder folder = teacher()) {
            stage(rest)
                    .rehearse(new StageContext(
                            Optional.of(teacher),
                            student,
                            pair(folder).converted(),
                            PaperModels.text(POSITIONS),
                            Path.of("nowhere"),
                            Optional.empty(),
                            false,
                            (_, _, _, _) -> {}))
                    .orElseThrow();
            return device.workspace().peakBytes();
        }
    }

    private static long measured(String rest) {
        try (ModelFolder folder = teacher();
                Device device = new DeviceChoice(CATALOGS.devices(), "cpu", Kernels.PREFERRED).open();
                LoadedModel teacher = folder.load(device, Storage.F32);
                LoadedModel student = new LoadedModel(
                        folder.family(),
                        student(folder),
                        ParamStore.initial(device, student(folder).parameters(), 42))) {
            return owned(device, rest, teacher, student);
        }
    }

    private static long onPaper(String rest) {
        try (ModelFolder folder = teacher();
                PaperDevice device = new PaperDevice();
                LoadedModel teacher = PaperModels.of(device, folder.family(), folder.spec(), DType.F32);
                LoadedModel student = PaperModels.of(device, folder.family(), student(folder), DType.F32)) {
            return owned(device, rest, teacher, student);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "forcing = teacher, train = [\"layers.*.mixer.**\"], losses = [{ type = mean-square, at = heads }]",
                "train = [\"layers.*.mixer.**\"], losses = [{ type = kl }]",
                "train = [\"layers.*.mixer.**\"], losses = [{ type = kl }], recompute = true",
                "train = [\"**\"], among = all, losses = [{ type = kl }], recompute = true, logits-megabytes = 0.05"
            })
    void theCountIsNearWhatIsMeasured(String rest) {
        double ratio = measured(rest) / (double) onPaper(rest);
        assertTrue(Math.abs(ratio - 1) <= TOLERANCE, "measured over counted: " + ratio);
    }

    @Test
    void partsAreWhatTheModelsHave() {
        StageMemory counted = counted("train = [\"**\"], among = all, losses = [{ type = kl }]");
        try (ModelFolder folder = teacher()) {
            long teacher = 4
                    * folder.spec().parameters().stream()
                            .mapToLong(param -> param.shape().size())
                            .sum();
            assertEquals(teacher, counted.teacher());
            long student = 4
                    * student(folder).parameters().stream()
                            .mapToLong(param -> param.shape().size())
                            .sum();
            assertEquals(student, counted.student());
            assertEquals(student, counted.kept().gradients());
            assertEquals(2 * student, counted.kept().moments());
        }
    }

    @Test
    void recomputingTakesLess() {
        String stage = "train = [\"layers.*.mixer.**\"], losses = [{ type = kl }]";
        assertTrue(counted(stage).passing()
                > 2 * counted(stage + ", recompute = true").passing());
        try (ModelFolder folder = teacher()) {
            List<LayerMemory> layers = LayerMemory.of(folder.spec(), 2, POSITIONS);
            assertEquals(folder.spec().layers().size(), layers.size());
            layers.forEach(layer -> assertTrue(layer.kept() > layer.recomputed(), layer::toString));
            layers.forEach(layer -> assertTrue(layer.passing() > layer.kept(), layer::toString));
        }
        assertEquals(Map.of(), PaperModels.text(3).leftOut());
    }
}
