package carve.app.command;

import carve.api.config.SettingsException;
import carve.api.model.Conversion;
import carve.api.model.ModelFolder;
import carve.api.model.ModelSpec;
import carve.api.stage.Stage;
import carve.api.tensor.DType;
import carve.app.memory.LayerMemory;
import carve.app.memory.StageMemory;
import carve.app.memory.StageMemory.Pair;
import carve.app.terminal.Amounts;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import carve.app.work.AppConfig;
import carve.app.work.Plans;
import carve.app.work.Recipe;
import carve.app.work.Resources;
import carve.app.work.Training;
import carve.app.work.Workshop;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** {@code carve inspect --training}. */
final class TrainingTables {
    private static final int POSITIONS = 2048;

    private final ParseResult arguments;
    private final Workshop workshop;
    private final Terminal terminal;
    private final int positions;
    private final DType weights;

    TrainingTables(ParseResult arguments, Workshop workshop) {
        this.arguments = arguments;
        this.workshop = workshop;
        this.terminal = workshop.terminal();
        this.positions = Arguments.get(arguments, "--positions", POSITIONS);
        this.weights = weights(arguments);
        if (positions < 2) {
            throw wrong(arguments, "'--positions' must be 2 or more, is " + positions);
        }
    }

    private static DType weights(ParseResult arguments) {
        String name = Arguments.get(arguments, "--weights", DType.F32.key());
        return Stream.of(DType.F32, DType.BF16)
                .filter(dtype -> dtype.key().equals(name))
                .findFirst()
                .orElseThrow(() -> wrong(arguments, "'--weights' must be f32 or bf16, is '%s'".formatted(name)));
    }

    private static ParameterException wrong(ParseResult arguments, String message) {
        return new ParameterException(arguments.commandSpec().commandLine(), message);
    }

    /** Returns whether it is asked for; refuses what belongs to it where it is not. */
    static boolean asked(ParseResult arguments) {
        boolean asked = Arguments.flagged(arguments, "--training");
        Stream.of("--positions", "--weights")
                .filter(option -> !asked && Arguments.find(arguments, option).isPresent())
                .findFirst()
                .ifPresent(option -> {
                    throw wrong(arguments, "'%s' goes with --training".formatted(option));
                });
        return asked;
    }

    void print() {
        Path what = Arguments.parameter(arguments, 0);
        if (Files.isDirectory(what)) {
            try (ModelFolder folder = workshop.open(what)) {
                layers(folder.spec());
            }
            return;
        }
        Recipe recipe = Recipe.read(
                what.toString(),
                new Resources(workshop.platform()),
                AppConfig.overrides(workshop.globals().overrides(), false));
        List<Stage> stages = new Training(workshop).stages(recipe);
        Pair pair = pair(recipe);
        layers(pair.student());
        stages(stages, pair);
    }

    private Pair pair(Recipe recipe) {
        if (!recipe.has("teacher")) {
            try (ModelFolder folder = workshop.open(recipe.path("model"))) {
                return new Pair(folder.family(), Optional.empty(), folder.spec(), List.of());
            }
        }
        try (ModelFolder folder = workshop.open(recipe.path("teacher"))) {
            ModelSpec student = student(recipe, folder);
            return new Pair(
                    folder.family(), Optional.of(folder.spec()), student, Conversion.converted(folder.spec(), student));
        }
    }

    private ModelSpec student(Recipe recipe, ModelFolder teacher) {
        if (recipe.has("student")) {
            try (ModelFolder folder = workshop.open(recipe.path("student"))) {
                return folder.spec();
            }
        }
        if (!recipe.planned()) {
            throw new SettingsException(
                    "%s: a recipe needs a 'student', or a plan that makes one: 'layers', 'repeat' or 'ratio'"
                            .formatted(recipe.settings().origin()));
        }
        var plan = Plans.read(recipe.settings(), teacher.spec().layers().size());
        return teacher.family()
                .convert(teacher.spec(), plan, workshop.catalogs().mixerCatalog());
    }

    private void layers(ModelSpec spec) {
        List<LayerMemory> layers = LayerMemory.of(spec, 1, positions);
        Table table = new Table("LAYER", "LABEL", "MIXER", "WEIGHTS", "KEPT", "IF RECOMPUTED", "WHILE IT RUNS");
        for (int i = 0; i < layers.size(); i++) {
            LayerMemory layer = layers.get(i);
            table.row(
                    i,
                    layer.label(),
                    layer.mixer(),
                    Amounts.bytes(layer.parameters()),
                    Amounts.bytes(layer.kept()),
                    Amounts.bytes(layer.recomputed()),
                    Amounts.bytes(layer.passing()));
        }
        table.row(
                "all",
                "",
                "",
                Amounts.bytes(sum(layers, LayerMemory::parameters)),
                Amounts.bytes(sum(layers, LayerMemory::kept)),
                Amounts.bytes(sum(layers, LayerMemory::recomputed)),
                "-");
        table.print(terminal);
        terminal.println("");
        terminal.println("activations of one row of %s positions; logits %s"
                .formatted(
                        Amounts.count(positions), Amounts.bytes((long) positions * spec.vocabulary() * Float.BYTES)));
    }

    private static long sum(List<LayerMemory> layers, ToLongFunction<LayerMemory> part) {
        return layers.stream().mapToLong(part).sum();
    }

    private void stages(List<Stage> stages, Pair pair) {
        Table table = new Table("STAGE", "TEACHER", "STUDENT", "TRAINED", "GRADIENTS", "OPTIMIZER", "ALL ELSE", "PEAK");
        for (Stage stage : stages) {
            Optional<StageMemory> memory = StageMemory.of(stage, pair, positions, weights);
            if (memory.isEmpty()) {
                terminal.remark("stage '%s' cannot be counted: its kind does not rehearse".formatted(stage.name()));
            }
            memory.ifPresent(known -> table.row(
                    known.stage(),
                    Amounts.bytes(known.teacher()),
                    Amounts.bytes(known.student()),
                    Amounts.bytes(known.kept().trained()),
                    Amounts.bytes(known.kept().gradients()),
                    Amounts.bytes(known.kept().moments()),
                    Amounts.bytes(known.passing()),
                    Amounts.bytes(known.peak())));
        }
        terminal.println("");
        table.print(terminal);
        terminal.println("");
        terminal.println("a step of each stage with its own batch, samples of %s tokens of text; counted, not measured"
                .formatted(Amounts.count(positions)));
    }
}
