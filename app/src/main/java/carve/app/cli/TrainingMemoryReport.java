package carve.app.cli;

import carve.api.config.SettingsException;
import carve.api.model.ModelSpec;
import carve.api.tensor.DType;
import carve.app.report.HumanReadable;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.train.RecipeExecution;
import carve.app.wiring.ModelOpener;
import carve.runtime.catalog.Catalogs;
import carve.runtime.convert.Conversion;
import carve.runtime.hub.HubCache;
import carve.runtime.memory.LayerTrainingMemory;
import carve.runtime.memory.StageTrainingMemory;
import carve.runtime.memory.StageTrainingMemory.TeacherStudent;
import carve.runtime.model.GgufModels;
import carve.runtime.model.ModelFolder;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.train.Recipe;
import carve.runtime.train.TrainingStage;
import jakarta.inject.Provider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** {@code carve inspect --training}. */
final class TrainingMemoryReport {
    private static final int POSITIONS = 2048;

    private final ParseResult arguments;
    private final Terminal terminal;
    private final Provider<Catalogs> catalogs;
    private final ModelOpener modelOpener;
    private final RecipeExecution recipeExecution;
    private final int positions;
    private final DType weights;

    TrainingMemoryReport(
            ParseResult arguments,
            Terminal terminal,
            Provider<Catalogs> catalogs,
            ModelOpener modelOpener,
            RecipeExecution recipeExecution) {
        this.arguments = arguments;
        this.terminal = terminal;
        this.catalogs = catalogs;
        this.modelOpener = modelOpener;
        this.recipeExecution = recipeExecution;
        this.positions = CommandOptions.valueOr(arguments, "--positions", POSITIONS);
        this.weights = weights(arguments);
        if (positions < 2) {
            throw wrong(arguments, "'--positions' must be 2 or more, is " + positions);
        }
    }

    private static DType weights(ParseResult arguments) {
        String name = CommandOptions.valueOr(arguments, "--weights", DType.F32.key());
        return Stream.of(DType.F32, DType.BF16)
                .filter(dtype -> dtype.key().equals(name))
                .findFirst()
                .orElseThrow(() -> wrong(arguments, "'--weights' must be f32 or bf16, is '%s'".formatted(name)));
    }

    private static ParameterException wrong(ParseResult arguments, String message) {
        return new ParameterException(arguments.commandSpec().commandLine(), message);
    }

    /** Returns whether it is asked for; refuses what belongs to it where it is not. */
    static boolean requested(ParseResult arguments) {
        boolean asked = CommandOptions.hasFlag(arguments, "--training");
        Stream.of("--positions", "--weights")
                .filter(option ->
                        !asked && CommandOptions.find(arguments, option).isPresent())
                .findFirst()
                .ifPresent(option -> {
                    throw wrong(arguments, "'%s' goes with --training".formatted(option));
                });
        return asked;
    }

    void print() {
        Path what = HubCache.resolve(CommandOptions.parameter(arguments, 0));
        if (Files.isDirectory(what) || GgufModels.isGgufFile(what)) {
            try (ModelFolder folder = modelOpener.open(what)) {
                layers(folder.spec());
            }
            return;
        }
        Recipe recipe = recipeExecution.read(what.toString());
        List<TrainingStage> stages = recipe.stages(catalogs.get());
        TeacherStudent teacherStudent = pair(recipe);
        layers(teacherStudent.student());
        stages(stages, teacherStudent);
    }

    private TeacherStudent pair(Recipe recipe) {
        if (!recipe.has("teacher")) {
            try (ModelFolder folder = modelOpener.open(recipe.path("model"))) {
                return new TeacherStudent(folder.family(), Optional.empty(), folder.spec(), List.of());
            }
        }
        try (ModelFolder folder = modelOpener.open(recipe.path("teacher"))) {
            ModelSpec student = student(recipe, folder);
            return new TeacherStudent(
                    folder.family(), Optional.of(folder.spec()), student, Conversion.converted(folder.spec(), student));
        }
    }

    private ModelSpec student(Recipe recipe, ModelFolder teacher) {
        if (recipe.has("student")) {
            try (ModelFolder folder = modelOpener.open(recipe.path("student"))) {
                return folder.spec();
            }
        }
        if (!recipe.hasPlan()) {
            throw new SettingsException(
                    "%s: a recipe needs a 'student', or a plan that makes one: 'layers', 'repeat' or 'ratio'"
                            .formatted(recipe.settings().origin()));
        }
        var plan = LayerPlanReader.readRecipe(
                recipe.settings(), teacher.spec().layers().size());
        return teacher.family().studentSpec(teacher.spec(), plan, catalogs.get().mixerCatalog());
    }

    private void layers(ModelSpec spec) {
        List<LayerTrainingMemory> layers = LayerTrainingMemory.of(spec, 1, positions);
        TextTable textTable =
                new TextTable("LAYER", "LABEL", "MIXER", "WEIGHTS", "KEPT", "IF RECOMPUTED", "WHILE IT RUNS");
        for (int i = 0; i < layers.size(); i++) {
            LayerTrainingMemory layer = layers.get(i);
            textTable.row(
                    i,
                    layer.label(),
                    layer.mixer(),
                    HumanReadable.bytes(layer.parameterBytes()),
                    HumanReadable.bytes(layer.savedActivations()),
                    HumanReadable.bytes(layer.checkpointedActivations()),
                    HumanReadable.bytes(layer.peakBytes()));
        }
        textTable.row(
                "all",
                "",
                "",
                HumanReadable.bytes(sum(layers, LayerTrainingMemory::parameterBytes)),
                HumanReadable.bytes(sum(layers, LayerTrainingMemory::savedActivations)),
                HumanReadable.bytes(sum(layers, LayerTrainingMemory::checkpointedActivations)),
                "-");
        textTable.print(terminal);
        terminal.println("");
        terminal.println("activations of one row of %s positions; logits %s"
                .formatted(
                        HumanReadable.count(positions),
                        HumanReadable.bytes((long) positions * spec.vocabulary() * Float.BYTES)));
    }

    private static long sum(List<LayerTrainingMemory> layers, ToLongFunction<LayerTrainingMemory> part) {
        return layers.stream().mapToLong(part).sum();
    }

    private void stages(List<TrainingStage> stages, TeacherStudent teacherStudent) {
        TextTable textTable =
                new TextTable("STAGE", "TEACHER", "STUDENT", "TRAINED", "GRADIENTS", "OPTIMIZER", "ALL ELSE", "PEAK");
        for (TrainingStage stage : stages) {
            StageTrainingMemory memory = StageTrainingMemory.of(stage, teacherStudent, positions, weights);
            textTable.row(
                    memory.stage(),
                    HumanReadable.bytes(memory.teacherBytes()),
                    HumanReadable.bytes(memory.studentBytes()),
                    HumanReadable.bytes(memory.footprint().trainedParams()),
                    HumanReadable.bytes(memory.footprint().gradients()),
                    HumanReadable.bytes(memory.footprint().optimizerState()),
                    HumanReadable.bytes(memory.transientBytes()),
                    HumanReadable.bytes(memory.peakBytes()));
        }
        terminal.println("");
        textTable.print(terminal);
        terminal.println("");
        terminal.println("a step of each stage with its own batch, samples of %s tokens of text; counted, not measured"
                .formatted(HumanReadable.count(positions)));
    }
}
