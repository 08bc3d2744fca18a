package carve.app.work;

import carve.api.checkpoint.Staging;
import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.api.device.Device;
import carve.api.model.Conversion;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.Processor;
import carve.api.model.Storage;
import carve.api.stage.DataProvider;
import carve.api.stage.DataSource;
import carve.api.stage.ParamDigest;
import carve.api.stage.Progress;
import carve.api.stage.Stage;
import carve.api.stage.StageContext;
import carve.api.stage.StageProvider;
import carve.api.stage.StageResult;
import carve.api.tensor.DType;
import carve.app.terminal.Amounts;
import carve.app.terminal.ProgressBar;
import carve.app.terminal.Table;
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
 * the stage of that name, {@value #RUN} is for those who watch, and {@code student/} (of {@code distill}) or {@code model/} (of {@code train}) is the result. What
 * is killed can be resumed: stages that had ended give their results again, the one that had not goes on from its last
 * checkpoint.
 *
 * @param workshop what is installed
 */
public record Training(Workshop workshop) {
    /** The folder of a run that has the student as the conversion made it. */
    static final String START = "start";

    private static final Set<String> RESERVED = Set.of(START, "student", "model");

    /** The file that says what a run is about: what it learns from, its stages and the mixers of its layers. */
    static final String RUN = "run.json";

    /** A stage, and where its samples come from. */
    private record Part(Stage stage, Settings data) {}

    /** What is told about a run and comes from its recipe. */
    private record Told(String from, Samples.Config samples) {}

    /** What stages work on. */
    private record Models(
            Optional<LoadedModel> teacher,
            LoadedModel student,
            List<Integer> converted,
            Optional<String> start,
            Told told) {}

    /**
     * Trains a model from its data alone.
     *
     * @return the folder of the result
     * @throws IOException if a file cannot be read or written
     */
    public Path train(Recipe recipe, boolean resume) throws IOException {
        workshop.choose(recipe.device(workshop.usual(), workshop.globals()));
        List<Part> parts = parts(recipe);
        Path out = recipe.path("out");
        long seed = recipe.seed();
        List<DType> dtype = recipe.dtype();
        Device device = workshop.device();
        Told told = told(recipe, "model");
        try (ModelFolder folder = workshop.open(recipe.path("model"))) {
            recipe.settings().requireAllRead();
            try (LoadedModel model =
                    folder.trained() ? folder.load(device, Storage.F32) : folder.initial(device, seed)) {
                stages(
                        parts,
                        new Models(Optional.empty(), model, List.of(), Optional.empty(), told),
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
        workshop.choose(recipe.device(workshop.usual(), workshop.globals()));
        List<Part> parts = parts(recipe);
        Path out = recipe.path("out");
        long seed = recipe.seed();
        List<DType> dtype = recipe.dtype();
        Told told = told(recipe, "teacher");
        try (ModelFolder teachers = workshop.open(recipe.path("teacher"))) {
            Path start = recipe.has("student") ? recipe.path("student") : out.resolve(START);
            recipe.settings().requireAllRead();
            if (recipe.has("student") && recipe.has(Converting.EARLIER)) {
                throw recipe.settings()
                        .error(
                                Converting.EARLIER,
                                "is where a conversion goes on from, but 'student' names what is converted already; remove one");
            }
            if (!recipe.has("student")) {
                convert(recipe, teachers, seed, start, resume);
            }
            try (ModelFolder students = workshop.open(start)) {
                return distill(parts, teachers, students, out, seed, resume, dtype, told);
            }
        }
    }

    private void convert(Recipe recipe, ModelFolder teacher, long seed, Path start, boolean resume) throws IOException {
        if (!recipe.planned()) {
            throw new SettingsException(
                    "%s: a recipe needs a 'student', or a plan that makes one: 'layers', 'repeat' or 'ratio'"
                            .formatted(recipe.settings().origin()));
        }
        // a conversion is whole or not there
        if (!resume || !Files.exists(start.resolve(Converting.ACCOUNT))) {
            TreeSettings plan = recipe.settings();
            new Converting(workshop).convert(teacher, plan, seed, start, false);
        }
    }

    private Path distill(
            List<Part> parts,
            ModelFolder teachers,
            ModelFolder students,
            Path out,
            long seed,
            boolean resume,
            List<DType> dtype,
            Told told)
            throws IOException {
        Device device = workshop.device();
        try (LoadedModel teacher = teachers.load(device, Storage.F32);
                LoadedModel student = students.load(device, Storage.F32)) {
            List<Integer> converted = Conversion.converted(teachers.spec(), students.spec());
            Optional<String> start = Optional.of(ParamDigest.of(student.params()));
            Models models = new Models(Optional.of(teacher), student, converted, start, told);
            stages(parts, models, teachers, out, seed, resume);
            return save(students, student, out.resolve("student"), dtype);
        }
    }

    /** Returns the stages of a recipe. */
    public List<Stage> stages(Recipe recipe) {
        return parts(recipe).stream().map(Part::stage).toList();
    }

    private List<Part> parts(Recipe recipe) {
        List<Part> parts = new ArrayList<>();
        Set<String> names = new HashSet<>(RESERVED);
        for (Settings section : recipe.stages()) {
            if (!names.add(section.string("name"))) {
                throw section.error(
                        "name",
                        "'%s' is taken; stages need names of their own, other than %s"
                                .formatted(section.string("name"), RESERVED));
            }
            Settings data = recipe.data(section);
            Settings own = new TreeSettings(section.take().without("data"));
            Stage stage = workshop.catalogs()
                    .stages()
                    .create(
                            own,
                            (StageProvider provider, Settings settings) -> provider.create(
                                    settings, workshop.catalogs().parts()));
            parts.add(new Part(stage, data));
        }
        return parts;
    }

    private void stages(List<Part> parts, Models models, ModelFolder folder, Path out, long seed, boolean resume)
            throws IOException {
        Table table = new Table("STAGE", "STEPS", "FIRST LOSS", "LAST LOSS", "TIME", "TOKENS/S");
        Optional<String> predecessor = models.start();
        Files.createDirectories(out);
        try (Staging staging = Staging.in(out)) {
            staging.write(RUN, Json.print(about(parts, models)).getBytes(StandardCharsets.UTF_8));
            staging.commit();
        }
        try (Processor processor = folder.processor()) {
            for (Part part : parts) {
                StageResult result = run(part, models, processor, out, seed, predecessor, resume);
                predecessor = Optional.of(result.digest());
                table.row(
                        part.stage().name(),
                        result.steps(),
                        "%.4g".formatted(result.firstLoss()),
                        "%.4g".formatted(result.lastLoss()),
                        Amounts.time(result.seconds()),
                        Amounts.count(Math.round(result.tokens() / Math.max(1e-9, result.seconds()))));
            }
        }
        table.print(workshop.terminal());
    }

    private static Told told(Recipe recipe, String from) {
        Settings samples = recipe.settings().section("samples");
        return new Told(recipe.path(from).toString(), Samples.Config.from(samples));
    }

    private static JsonObject about(List<Part> parts, Models models) {
        JsonObject about = JsonObject.empty()
                .with("kind", models.teacher().isPresent() ? "distill" : "train")
                .with("from", models.told().from())
                .with(
                        "stages",
                        JsonArray.ofStrings(
                                parts.stream().map(part -> part.stage().name()).toList()));
        return about.with(
                "mixers",
                JsonArray.ofStrings(models.student().spec().layers().stream()
                        .map(block -> block.choice().mixer())
                        .toList()));
    }

    private StageResult run(
            Part part,
            Models models,
            Processor processor,
            Path out,
            long seed,
            Optional<String> predecessor,
            boolean resume)
            throws IOException {
        Path folder = out.resolve(part.stage().name());
        Files.createDirectories(folder);
        try (DataSource data = workshop.catalogs()
                        .data()
                        .create(
                                part.data(),
                                (DataProvider provider, Settings settings) ->
                                        provider.open(settings, processor, seed));
                ProgressBar bar =
                        new ProgressBar(workshop.terminal(), part.stage().name(), "steps")) {
            Progress samples =
                    Samples.of(models.told().samples(), processor, models.teacher(), models.student(), data, folder);
            return part.stage()
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
