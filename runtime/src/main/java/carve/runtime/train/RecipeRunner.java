package carve.runtime.train;

import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.data.Dataset;
import carve.api.device.Device;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.model.LayerPlan;
import carve.api.model.LoadedModel;
import carve.api.model.ModelSpec;
import carve.api.stage.ProgressListener;
import carve.api.tensor.DType;
import carve.api.text.Processor;
import carve.runtime.catalog.Catalogs;
import carve.runtime.convert.Conversion;
import carve.runtime.convert.ConversionRunner;
import carve.runtime.hub.HubCache;
import carve.runtime.io.FolderTransaction;
import carve.runtime.memory.StageTrainingMemory.TeacherStudent;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.plan.Plan;
import carve.runtime.progress.Progress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The execution of recipes: conversion, stages, the saved result.
 *
 * <p>A run has a folder: {@code start/} is the student as the conversion made it, {@code NAME/} has checkpoints and metrics of
 * the stage of that name and the student that it ended with, {@value #RUN_FILE} describes the run, and {@code student/} (with a teacher) or {@code model/}
 * (without) is the result. A run that was killed can be resumed: finished stages return their results again, the unfinished
 * one continues from its last checkpoint.
 *
 * <pre>{@code
 * Recipe recipe = Recipe.read(Path.of("hybrid.conf"));
 * RecipeResult result = new RecipeRunner(catalogs, device, Progress.NONE).run(recipe, false);
 * }</pre>
 *
 * @param catalogs the installed providers
 * @param device the device that models run on
 * @param progress shows the progress of the conversion and of each stage
 */
public record RecipeRunner(Catalogs catalogs, Device device, Progress progress) {
    /** The folder of a run that has the student as the conversion made it. */
    public static final String INITIAL_STUDENT = "start";

    /** The file that describes a run: the folder it started from, its stages and the mixers of its layers. */
    static final String RUN_FILE = "run.json";

    // the student as the conversion made it, and the result
    private static final int FIRST_AND_LAST = 2;

    private static final String RESULT_OF_DISTILLATION = "student";
    private static final String RESULT_OF_TRAINING = "model";

    /** The folders of a run that stages cannot be named after. */
    static final List<String> RESERVED =
            List.of(INITIAL_STUDENT, RESULT_OF_DISTILLATION, RESULT_OF_TRAINING, "digests");

    /** The settings of a run that all its stages share. */
    private record Run(
            List<RecipeStage> stages,
            String source,
            SampleGenerationLog.Config samples,
            Validation.Config validation,
            KeepStudents keepStudents,
            Path out,
            long seed,
            List<DType> dtype,
            MemoryLimit memory,
            Resume resume) {
        Run with(List<RecipeStage> changed) {
            return new Run(changed, source, samples, validation, keepStudents, out, seed, dtype, memory, resume);
        }
    }

    /** The models that stages work on. */
    private record Models(
            Optional<LoadedModel> teacher,
            LoadedModel student,
            List<Integer> converted,
            Optional<String> digest,
            InputFiles files) {}

    /**
     * Distils a student if the recipe names a teacher, else trains a model on its data alone.
     *
     * @param resume whether an interrupted run of this recipe is continued
     * @throws SettingsException if the recipe is wrong
     * @throws carve.api.stage.StageException if a stage fails
     * @throws IOException if a file cannot be read or written
     */
    public RecipeResult run(Recipe recipe, boolean resume) throws IOException {
        return run(recipe, resume ? Resume.SAME_FILES : Resume.NO);
    }

    /**
     * Distils a student if the recipe names a teacher, else trains a model on its data alone.
     *
     * @param resume whether an interrupted run of this recipe is continued
     * @throws SettingsException if the recipe is wrong
     * @throws carve.api.stage.StageException if a stage fails
     * @throws carve.runtime.io.LockedException if another process runs a recipe in the same folder
     * @throws IOException if a file cannot be read or written
     */
    public RecipeResult run(Recipe recipe, Resume resume) throws IOException {
        return recipe.hasTeacher() ? distill(recipe, resume) : train(recipe, resume);
    }

    /**
     * Trains the recipe's {@code model} on its data alone.
     *
     * @param resume whether an interrupted run of this recipe is continued
     * @throws SettingsException if the recipe is wrong
     * @throws carve.api.stage.StageException if a stage fails
     * @throws IOException if a file cannot be read or written
     */
    public RecipeResult train(Recipe recipe, Resume resume) throws IOException {
        Run asked = read(recipe, "model", resume);
        try (ModelFolder folder = open(recipe.path("model"))) {
            recipe.settings().requireAllRead();
            try (RunFolder runFolder = RunFolder.open(asked.out)) {
                Run run = checked(
                        asked, folder, new TeacherStudent(folder.family(), Optional.empty(), folder.spec(), List.of()));
                return train(run, runFolder, folder);
            }
        }
    }

    private RecipeResult train(Run run, RunFolder runFolder, ModelFolder folder) throws IOException {
        try (LoadedModel model =
                folder.hasWeights() ? folder.load(device, WeightPrecision.F32) : folder.initial(device, run.seed)) {
            InputFiles files = runFolder.modelFiles("model", folder.path(), progress);
            Models models = new Models(Optional.empty(), model, List.of(), Optional.empty(), files);
            SavedModels saved = new SavedModels(folder, RESULT_OF_TRAINING, run.dtype);
            List<StageResult> results = stages(run, runFolder, models, folder, saved);
            return new RecipeResult(saved.save(model, run.out), results);
        }
    }

    /**
     * Distils a student from the recipe's {@code teacher}; without a {@code student} the teacher is converted first.
     *
     * @param resume whether an interrupted run of this recipe is continued
     * @throws SettingsException if the recipe is wrong
     * @throws carve.api.stage.StageException if a stage fails
     * @throws IOException if a file cannot be read or written
     */
    public RecipeResult distill(Recipe recipe, Resume resume) throws IOException {
        Run asked = read(recipe, "teacher", resume);
        try (ModelFolder teachers = open(recipe.path("teacher"))) {
            boolean converts = !recipe.has("student");
            Path start = converts ? asked.out.resolve(INITIAL_STUDENT) : HubCache.resolve(recipe.path("student"));
            recipe.settings().requireAllRead();
            if (!converts && recipe.has(LayerPlanReader.PREVIOUS_CHECKPOINT)) {
                throw recipe.settings()
                        .error(
                                LayerPlanReader.PREVIOUS_CHECKPOINT,
                                "and 'student' exclude each other: 'student' is already converted; remove one");
            }
            try (RunFolder runFolder = RunFolder.open(asked.out)) {
                Run run = checked(asked, teachers, models(recipe, teachers));
                if (converts) {
                    convert(recipe, teachers, run, start);
                }
                InputFiles files = runFolder
                        .modelFiles("teacher", teachers.path(), progress)
                        .and(runFolder.configFile("student", start));
                try (ModelFolder students = open(start)) {
                    return distill(run, runFolder, files, teachers, students);
                }
            }
        }
    }

    private Run read(Recipe recipe, String source, Resume resume) {
        return new Run(
                RecipeStage.of(recipe, catalogs),
                recipe.path(source).toString(),
                SampleGenerationLog.Config.from(recipe.settings().section("samples")),
                Validation.Config.from(recipe.settings().section("validation")),
                recipe.settings().enumConstant("keep-students", KeepStudents.class),
                recipe.path("out"),
                recipe.seed(),
                recipe.outputDtype(),
                MemoryLimit.of(recipe.settings(), device),
                resume);
    }

    private ModelFolder open(Path folder) {
        return ModelFolder.open(folder, catalogs);
    }

    private void convert(Recipe recipe, ModelFolder teacher, Run run, Path start) throws IOException {
        ConversionRecord settings = ConversionRecord.of(recipe);
        // the report is written last: without it the conversion was not finished
        if (run.resume.isWanted() && Files.exists(start.resolve(ConversionRunner.REPORT))) {
            settings.requireSame(run.out);
            return;
        }
        settings.write(run.out);
        try (Progress.Phase task = progress.begin("converting", "tensors")) {
            new ConversionRunner(catalogs, device).convert(teacher, Plan.of(recipe.settings()), run.seed, start, task);
        }
    }

    private TeacherStudent models(Recipe recipe, ModelFolder teacher) {
        ModelSpec taught = teacher.spec();
        ModelSpec student;
        if (recipe.has("student")) {
            try (ModelFolder folder = open(recipe.path("student"))) {
                student = folder.spec();
            }
        } else if (recipe.hasPlan()) {
            LayerPlan plan = LayerPlanReader.readRecipe(
                    recipe.settings(), taught.layers().size());
            student = teacher.family().studentSpec(taught, plan, catalogs.mixerCatalog());
        } else {
            throw new SettingsException(
                    "%s: a recipe needs a 'student', or a plan that makes one: 'layers', 'repeat' or 'ratio'"
                            .formatted(recipe.settings().origin()));
        }
        return new TeacherStudent(
                teacher.family(), Optional.of(taught), student, Conversion.converted(taught, student));
    }

    // whatever is wrong with data, memory or disk is told before a student is written
    private Run checked(Run run, ModelFolder folder, TeacherStudent models) throws IOException {
        try (Progress.Phase task = progress.begin("checking", "stages")) {
            // a run that is resumed has printed them before
            Consumer<String> lines = run.resume.isWanted() ? _ -> {} : task::message;
            RunResources resources = new RunResources(models, positions(run, folder), catalogs, lines);
            int kept = run.keepStudents == KeepStudents.ALL ? run.stages.size() : 0;
            DType dtype = run.dtype.isEmpty() ? folder.commonDType(true) : run.dtype.getFirst();
            RunResources.Written written =
                    new RunResources.Written(run.resume.isWanted() ? 0 : kept + FIRST_AND_LAST, dtype);
            return run.with(resources.check(run.stages, run.memory, run.out, written));
        }
    }

    // the length of the longest of the first samples of each stage
    private Map<String, Integer> positions(Run run, ModelFolder folder) {
        Map<String, Integer> positions = new LinkedHashMap<>();
        Map<SettingsNode.Section, List<RecipeStage>> stages = run.stages.stream()
                .collect(
                        Collectors.groupingBy(stage -> stage.data().asTree(), LinkedHashMap::new, Collectors.toList()));
        try (Processor processor = folder.processor()) {
            stages.forEach((settings, users) -> {
                try (Dataset data =
                        Datasets.open(catalogs, new TreeSettings(settings), processor, run.seed, progress)) {
                    users.forEach(stage -> positions.put(
                            stage.stage().name(), stage.on(data, catalogs).samplePositions(data)));
                }
            });
        }
        return positions;
    }

    private RecipeResult distill(
            Run run, RunFolder runFolder, InputFiles files, ModelFolder teachers, ModelFolder students)
            throws IOException {
        try (LoadedModel teacher = teachers.load(device, WeightPrecision.F32);
                LoadedModel student = students.load(device, WeightPrecision.F32)) {
            Models models = new Models(
                    Optional.of(teacher),
                    student,
                    Conversion.converted(teachers.spec(), students.spec()),
                    Optional.of(ParamDigest.of(student.params())),
                    files);
            SavedModels saved = new SavedModels(students, RESULT_OF_DISTILLATION, run.dtype);
            List<StageResult> results = stages(run, runFolder, models, teachers, saved);
            return new RecipeResult(saved.save(student, run.out), results);
        }
    }

    private List<StageResult> stages(Run run, RunFolder runFolder, Models models, ModelFolder folder, SavedModels saved)
            throws IOException {
        List<StageResult> results = new ArrayList<>();
        describe(run, models, JsonObject.empty());
        JsonObject kept = JsonObject.empty();
        try (Processor processor = folder.processor()) {
            Optional<String> predecessor = models.digest;
            for (RecipeStage stage : run.stages) {
                StageResult result = run(stage, run, runFolder, models, processor, predecessor);
                predecessor = Optional.of(result.digest());
                results.add(result);
                if (run.keepStudents == KeepStudents.ALL) {
                    saved.keep(models.student, result, run.out.resolve(result.stage()));
                    kept = kept.with(result.stage(), result.stage() + "/" + saved.name());
                    describe(run, models, kept);
                }
            }
        }
        return results;
    }

    private static void describe(Run run, Models models, JsonObject kept) {
        JsonObject description = json(run, models).with("students", kept);
        try (FolderTransaction transaction = FolderTransaction.begin(run.out)) {
            transaction.write(RUN_FILE, Json.print(description).getBytes(StandardCharsets.UTF_8));
            transaction.commit();
        }
    }

    private StageResult run(
            RecipeStage recipeStage,
            Run run,
            RunFolder runFolder,
            Models models,
            Processor processor,
            Optional<String> predecessor)
            throws IOException {
        try (Dataset data = Datasets.open(catalogs, recipeStage.data(), processor, run.seed, progress)) {
            TrainingStage stage = recipeStage.on(data, catalogs);
            InputFiles files = runFolder.dataFiles(data, progress).and(models.files);
            return run(stage, run, models, data, files, processor, predecessor);
        }
    }

    private StageResult run(
            TrainingStage stage,
            Run run,
            Models models,
            Dataset data,
            InputFiles files,
            Processor processor,
            Optional<String> predecessor)
            throws IOException {
        Path folder = Files.createDirectories(run.out.resolve(stage.name()));
        try (Progress.Phase task = progress.begin(stage.name(), "steps")) {
            if (data.tokens().isPresent()) {
                task.message(RecipeStage.length(stage, data));
            }
            ProgressListener samples =
                    SampleGenerationLog.of(run.samples, processor, models.teacher, models.student, data, folder);
            ProgressListener both = (done, total, loss, rate) -> {
                task.step(done, total, loss, rate);
                samples.step(done, total, loss, rate);
            };
            return stage.run(new StageContext(
                    models.teacher,
                    models.student,
                    models.converted,
                    data,
                    files,
                    folder,
                    predecessor,
                    run.resume,
                    new StageReport(
                            run.validation,
                            Validation.of(run.validation, data, models.teacher, models.student),
                            task::message),
                    both));
        }
    }

    private static JsonObject json(Run run, Models models) {
        return JsonObject.empty()
                .with("kind", models.teacher.isPresent() ? "distill" : "train")
                .with("from", run.source)
                .with(
                        "stages",
                        JsonArray.ofStrings(run.stages.stream()
                                .map(stage -> stage.stage().name())
                                .toList()))
                .with(
                        "mixers",
                        JsonArray.ofStrings(models.student.spec().layers().stream()
                                .map(block -> block.mixerSpec().name())
                                .toList()));
    }
}
