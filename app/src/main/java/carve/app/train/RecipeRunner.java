package carve.app.train;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.api.data.Dataset;
import carve.api.data.DatasetProvider;
import carve.api.device.Device;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.model.LoadedModel;
import carve.api.stage.ParamDigest;
import carve.api.stage.ProgressListener;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.stage.StageProvider;
import carve.api.stage.StageResult;
import carve.api.tensor.DType;
import carve.api.text.Processor;
import carve.app.report.HumanReadable;
import carve.app.report.ProgressBar;
import carve.app.report.TextTable;
import carve.app.wiring.AppContext;
import carve.runtime.convert.Conversion;
import carve.runtime.convert.ConversionRunner;
import carve.runtime.io.FolderTransaction;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.train.SampleGenerationLog;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Runs recipes.
 *
 * <p>A run has a folder: {@code start/} is the student as the conversion made it, {@code NAME/} has checkpoints and metrics of
 * the stage of that name, {@value #RUN_FILE} is for those who watch, and {@code student/} (of {@code distill}) or {@code model/} (of {@code train}) is the result. What
 * is killed can be resumed: stages that had ended give their results again, the one that had not goes on from its last
 * checkpoint.
 *
 * @param appContext what is installed
 */
public record RecipeRunner(AppContext appContext) {
    /** The folder of a run that has the student as the conversion made it. */
    public static final String INITIAL_STUDENT = "start";

    private static final Set<String> RESERVED = Set.of(INITIAL_STUDENT, "student", "model");

    /** The file that says what a run is about: what it learns from, its stages and the mixers of its layers. */
    static final String RUN_FILE = "run.json";

    /** A stage, and where its samples come from. */
    private record StageEntry(Stage stage, Settings data) {}

    /** What is told about a run and comes from its recipe. */
    private record RunDescription(String source, SampleGenerationLog.Config samples) {}

    /** What stages work on. */
    private record Models(
            Optional<LoadedModel> teacher,
            LoadedModel student,
            List<Integer> converted,
            Optional<String> initialDigest,
            RunDescription description) {}

    /**
     * Trains a model from its data alone.
     *
     * @return the folder of the result
     * @throws IOException if a file cannot be read or written
     */
    public Path train(Recipe recipe, boolean resume) throws IOException {
        appContext.selectDevice(recipe.device(appContext.defaultDeviceSelector(), appContext.globalOptions()));
        List<StageEntry> parts = parts(recipe);
        Path out = recipe.path("out");
        long seed = recipe.seed();
        List<DType> dtype = recipe.outputDtype();
        Device device = appContext.device();
        RunDescription runDescription = description(recipe, "model");
        try (ModelFolder folder = appContext.openModel(recipe.path("model"))) {
            recipe.settings().requireAllRead();
            try (LoadedModel model =
                    folder.hasWeights() ? folder.load(device, WeightPrecision.F32) : folder.initial(device, seed)) {
                stages(
                        parts,
                        new Models(Optional.empty(), model, List.of(), Optional.empty(), runDescription),
                        folder,
                        out,
                        seed,
                        resume);
                return save(folder, model, out.resolve("model"), dtype);
            }
        }
    }

    /**
     * Distils a student from a teacher; the student is converted first if the recipe does not name one.
     *
     * @return the folder of the result
     * @throws IOException if a file cannot be read or written
     */
    public Path distill(Recipe recipe, boolean resume) throws IOException {
        appContext.selectDevice(recipe.device(appContext.defaultDeviceSelector(), appContext.globalOptions()));
        List<StageEntry> parts = parts(recipe);
        Path out = recipe.path("out");
        long seed = recipe.seed();
        List<DType> dtype = recipe.outputDtype();
        RunDescription runDescription = description(recipe, "teacher");
        try (ModelFolder teachers = appContext.openModel(recipe.path("teacher"))) {
            Path start = recipe.has("student") ? recipe.path("student") : out.resolve(INITIAL_STUDENT);
            recipe.settings().requireAllRead();
            if (recipe.has("student") && recipe.has(LayerPlanReader.PREVIOUS_CHECKPOINT)) {
                throw recipe.settings()
                        .error(
                                LayerPlanReader.PREVIOUS_CHECKPOINT,
                                "is where a conversion goes on from, but 'student' names what is converted already; remove one");
            }
            if (!recipe.has("student")) {
                convert(recipe, teachers, seed, start, resume);
            }
            try (ModelFolder students = appContext.openModel(start)) {
                return distill(parts, teachers, students, out, seed, resume, dtype, runDescription);
            }
        }
    }

    private void convert(Recipe recipe, ModelFolder teacher, long seed, Path start, boolean resume) throws IOException {
        if (!recipe.hasPlan()) {
            throw new SettingsException(
                    "%s: a recipe needs a 'student', or a plan that makes one: 'layers', 'repeat' or 'ratio'"
                            .formatted(recipe.settings().origin()));
        }
        // a conversion is whole or not there
        if (!resume || !Files.exists(start.resolve(ConversionRunner.REPORT))) {
            TreeSettings plan = recipe.settings();
            try (ProgressBar bar = new ProgressBar(appContext.terminal(), "converting", "tensors")) {
                new ConversionRunner(appContext.catalogs(), appContext.device())
                        .convert(teacher, plan, seed, start, bar);
            }
        }
    }

    private Path distill(
            List<StageEntry> parts,
            ModelFolder teachers,
            ModelFolder students,
            Path out,
            long seed,
            boolean resume,
            List<DType> dtype,
            RunDescription runDescription)
            throws IOException {
        Device device = appContext.device();
        try (LoadedModel teacher = teachers.load(device, WeightPrecision.F32);
                LoadedModel student = students.load(device, WeightPrecision.F32)) {
            List<Integer> converted = Conversion.converted(teachers.spec(), students.spec());
            Optional<String> start = Optional.of(ParamDigest.of(student.params()));
            Models models = new Models(Optional.of(teacher), student, converted, start, runDescription);
            stages(parts, models, teachers, out, seed, resume);
            return save(students, student, out.resolve("student"), dtype);
        }
    }

    /** Returns the stages of a recipe. */
    public List<Stage> stages(Recipe recipe) {
        return parts(recipe).stream().map(StageEntry::stage).toList();
    }

    private List<StageEntry> parts(Recipe recipe) {
        List<StageEntry> parts = new ArrayList<>();
        Set<String> names = new HashSet<>(RESERVED);
        for (Settings section : recipe.stages()) {
            if (!names.add(section.string("name"))) {
                throw section.error(
                        "name",
                        "'%s' is taken; stages need names of their own, other than %s"
                                .formatted(section.string("name"), RESERVED));
            }
            Settings data = recipe.data(section);
            Settings own = new TreeSettings(section.asTree().without("data"));
            Stage stage = appContext
                    .catalogs()
                    .stages()
                    .create(
                            own,
                            (StageProvider provider, Settings settings) -> provider.create(
                                    settings, appContext.catalogs().stageParts()));
            parts.add(new StageEntry(stage, data));
        }
        return parts;
    }

    private void stages(List<StageEntry> parts, Models models, ModelFolder folder, Path out, long seed, boolean resume)
            throws IOException {
        TextTable textTable = new TextTable("STAGE", "STEPS", "FIRST LOSS", "LAST LOSS", "TIME", "TOKENS/S");
        Optional<String> predecessor = models.initialDigest();
        Files.createDirectories(out);
        try (FolderTransaction folderTransaction = FolderTransaction.begin(out)) {
            folderTransaction.write(RUN_FILE, Json.print(runJson(parts, models)).getBytes(StandardCharsets.UTF_8));
            folderTransaction.commit();
        }
        try (Processor processor = folder.processor()) {
            for (StageEntry stageEntry : parts) {
                StageResult result = run(stageEntry, models, processor, out, seed, predecessor, resume);
                predecessor = Optional.of(result.digest());
                textTable.row(
                        stageEntry.stage().name(),
                        result.steps(),
                        "%.4g".formatted(result.firstLoss()),
                        "%.4g".formatted(result.lastLoss()),
                        HumanReadable.time(result.seconds()),
                        HumanReadable.count(Math.round(result.tokens() / Math.max(1e-9, result.seconds()))));
            }
        }
        textTable.print(appContext.terminal());
    }

    private static RunDescription description(Recipe recipe, String from) {
        Settings samples = recipe.settings().section("samples");
        return new RunDescription(recipe.path(from).toString(), SampleGenerationLog.Config.from(samples));
    }

    private static JsonObject runJson(List<StageEntry> parts, Models models) {
        JsonObject about = JsonObject.empty()
                .with("kind", models.teacher().isPresent() ? "distill" : "train")
                .with("from", models.description().source())
                .with(
                        "stages",
                        JsonArray.ofStrings(parts.stream()
                                .map(stageEntry -> stageEntry.stage().name())
                                .toList()));
        return about.with(
                "mixers",
                JsonArray.ofStrings(models.student().spec().layers().stream()
                        .map(block -> block.mixerSpec().name())
                        .toList()));
    }

    private StageResult run(
            StageEntry stageEntry,
            Models models,
            Processor processor,
            Path out,
            long seed,
            Optional<String> predecessor,
            boolean resume)
            throws IOException {
        Path folder = out.resolve(stageEntry.stage().name());
        Files.createDirectories(folder);
        try (Dataset data = appContext
                        .catalogs()
                        .data()
                        .create(
                                stageEntry.data(),
                                (DatasetProvider provider, Settings settings) ->
                                        provider.open(settings, processor, seed));
                ProgressBar bar = new ProgressBar(
                        appContext.terminal(), stageEntry.stage().name(), "steps")) {
            ProgressListener samples = SampleGenerationLog.of(
                    models.description().samples(), processor, models.teacher(), models.student(), data, folder);
            return stageEntry
                    .stage()
                    .run(new StageContext(
                            models.teacher(),
                            models.student(),
                            models.converted(),
                            data,
                            folder,
                            predecessor,
                            resume,
                            (done, total, loss, rate) -> {
                                bar.step(done, total, loss, rate);
                                samples.step(done, total, loss, rate);
                            }));
        }
    }

    private static Path save(ModelFolder folder, LoadedModel model, Path to, List<DType> dtype) throws IOException {
        if (dtype.isEmpty()) {
            folder.save(model, to);
        } else {
            folder.save(model, to, dtype.getFirst());
        }
        JsonObject digest = JsonObject.empty().with("digest", ParamDigest.of(model.params()));
        Files.writeString(to.resolve("carve.json"), Json.print(digest) + "\n");
        return to;
    }
}
