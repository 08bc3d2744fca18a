package carve.app.cli;

import carve.api.config.MapSettings;
import carve.api.config.TreeSettings;
import carve.api.model.LayerPlan;
import carve.app.plugin.Presets;
import carve.app.report.ConversionReport;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.train.PlanLoader;
import carve.app.train.RecipeDevice;
import carve.app.wiring.GlobalOptions;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.catalog.Catalogs;
import carve.runtime.convert.Conversion;
import carve.runtime.convert.ConversionRunner;
import carve.runtime.model.ModelFolder;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.plan.Plan;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve convert}. */
final class ConvertCommand implements Command {
    private final Terminal terminal;
    private final GlobalOptions globalOptions;
    private final Provider<Presets> presets;
    private final Provider<Catalogs> catalogs;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    ConvertCommand(
            Terminal terminal,
            GlobalOptions globalOptions,
            Provider<Presets> presets,
            Provider<Catalogs> catalogs,
            ModelOpener modelOpener,
            OpenDevices openDevices) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
        this.presets = presets;
        this.catalogs = catalogs;
        this.modelOpener = modelOpener;
        this.openDevices = openDevices;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        ConvertCommand.class,
                        "convert",
                        "Convert a teacher into a student: replace mixers according to a plan, and initialise them from the attention weights.",
                        "The student is written tensor by tensor; the model need not fit into memory.")
                .parameter(Path.class, "TEACHER", "Folder of the teacher, or hf:ORG/NAME.")
                .required("--plan", String.class, "PLAN", "File with a plan or a recipe, or the name of a preset.")
                .required("--out", Path.class, "STUDENT", "Folder to write.")
                .option(
                        "--previous-checkpoint",
                        Path.class,
                        "FOLDER",
                        "An earlier student, from which layers that it has converted already are taken.")
                .option(
                        "--format",
                        String.class,
                        "FORMAT",
                        "Format of the student: auto (if not given), granitemoehybrid, which Transformers and llama.cpp run, or carve.")
                .option("--seed", Long.class, "N", "Random seed of new parameters; 42 if not given.")
                .example("carve convert models/hovle --plan mmmamba-hybrid --out models/student")
                .example("carve convert models/hovle --plan my-plan.conf --out models/student --seed 7")
                .example(
                        "carve convert models/llava --plan 25.conf --previous-checkpoint runs/12/student --out models/25")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        Path out = CommandOptions.valueOr(arguments, "--out", Path.of("student"));
        try (ModelFolder teacher = modelOpener.open(CommandOptions.parameter(arguments, 0))) {
            var named = PlanLoader.load(CommandOptions.valueOr(arguments, "--plan", ""), presets.get());
            openDevices.select(RecipeDevice.of(named, openDevices.defaultSelector(), globalOptions));
            var plan = continuing(named, CommandOptions.valueOr(arguments, "--previous-checkpoint", Path.of("")));
            long seed = CommandOptions.valueOr(arguments, "--seed", 42L);
            String format = CommandOptions.valueOr(arguments, "--format", LayerPlan.AUTO);
            ConversionReport.print(terminal, convert(teacher, Plan.of(plan).withFormat(format), seed, out));
        }
        terminal.println("wrote " + out);
        return 0;
    }

    private List<Conversion.TensorReport> convert(ModelFolder teacher, Plan plan, long seed, Path out)
            throws IOException {
        var runner = new ConversionRunner(catalogs.get(), openDevices.device());
        try (ProgressBar bar = new ProgressBar(terminal, "converting", "tensors")) {
            return runner.convert(teacher, plan, seed, out, bar);
        }
    }

    private static TreeSettings continuing(TreeSettings plan, Path earlier) {
        return earlier.toString().isEmpty()
                ? plan
                : new TreeSettings(MapSettings.of(
                                        Map.of(LayerPlanReader.PREVIOUS_CHECKPOINT, earlier.toString()),
                                        "--previous-checkpoint")
                                .asTree())
                        .over(plan);
    }
}
