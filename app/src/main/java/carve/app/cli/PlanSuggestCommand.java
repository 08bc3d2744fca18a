package carve.app.cli;

import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.io.TemporaryFolder;
import carve.app.plugin.Presets;
import carve.app.report.PlanSuggestionReport;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.train.PlanLoader;
import carve.app.train.RecipeDevice;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.hocon.Hocon;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.plan.PlanSuggester;
import carve.runtime.plan.PlanSuggester.Suggestion;
import carve.runtime.plan.PlanWriter;
import carve.runtime.progress.Progress;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plan suggest}. */
final class PlanSuggestCommand implements Command {
    private static final List<String> OF_RECIPES = List.of("data", "mixers", "seed");

    private final Terminal terminal;
    private final GlobalOptions globalOptions;
    private final Provider<Presets> presets;
    private final Provider<Catalogs> catalogs;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    PlanSuggestCommand(
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
                        PlanSuggestCommand.class,
                        "suggest",
                        "Suggest the layers that keep attention: convert, initialise and align all layers, then measure the predictions"
                                + " of the teacher with one converted layer at a time.",
                        "The plan is written together with a table of the measurements.")
                .parameter(Path.class, "TEACHER", "Folder of the teacher, or hf:ORG/NAME.")
                .required("--attention", Integer.class, "N", "Number of layers that keep attention.")
                .option("--data", Path.class, "FILE", "LLaVA-style JSON for alignment and measurement.")
                .option("--recipe", String.class, "RECIPE", "Recipe from which data and mixers are taken.")
                .option(
                        "--mixer",
                        String.class,
                        "NAME",
                        "Mixer of converted layers, or a name under 'mixers'; mamba2 if not given.")
                .option("--steps", Integer.class, "N", "Alignment steps; 100 if not given.")
                .option("--samples", Integer.class, "N", "Samples for the measurement; 64 if not given.")
                .option("--out", Path.class, "FILE", "File to write the plan to; printed if not given.")
                .option(
                        "--work",
                        Path.class,
                        "DIR",
                        "Folder for the converted student, which is as large as the teacher; a temporary folder if not given.")
                .example("carve plan suggest models/hovle --attention 8 --data train.json --out plan.conf")
                .example("carve plan suggest demo/teacher --attention 2 --recipe demo/hybrid.conf --steps 50")
                .example(
                        "carve plan suggest models/hovle --attention 4 --data train.json -Dalign.optimizer.learning-rate=1e-3")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        TreeSettings settings = settings(arguments);
        Path path = CommandOptions.parameter(arguments, 0);
        int attention = CommandOptions.valueOr(arguments, "--attention", 0);
        try (TemporaryFolder work = work(arguments);
                ModelFolder teacher = modelOpener.open(path)) {
            requireLayers(attention, teacher.spec().layers().size());
            Progress progress = (phase, unit) -> new ProgressBar(terminal, phase, unit);
            var suggester = new PlanSuggester(catalogs.get(), openDevices.device(), settings);
            show(arguments, terminal, path, suggester.suggest(teacher, attention, work.path(), progress));
        }
        return 0;
    }

    private static void requireLayers(int attention, int layers) {
        if (attention < 0 || attention > layers) {
            throw new SettingsException("--attention: found %d; the model has %d layers".formatted(attention, layers));
        }
    }

    private static TemporaryFolder work(ParseResult arguments) throws IOException {
        Optional<Path> given = CommandOptions.find(arguments, "--work");
        Path parent = given.isPresent()
                ? Files.createDirectories(given.get())
                : Path.of(System.getProperty("java.io.tmpdir"));
        TemporaryFolder work = TemporaryFolder.create(parent, "suggest");
        work.deleteOnShutdown();
        return work;
    }

    private TreeSettings settings(ParseResult arguments) {
        SettingsNode.Section defaults = Hocon.parseResource(PlanSuggestCommand.class.getModule(), "suggest.conf")
                .orElseThrow()
                .asTree();
        SettingsNode.Section own = options(arguments).over(recipe(arguments).over(defaults));
        return new TreeSettings(
                AppConfig.overrides(globalOptions.overrides(), false).over(own));
    }

    private SettingsNode.Section recipe(ParseResult arguments) {
        Map<String, SettingsNode> taken = new LinkedHashMap<>();
        Optional<String> name = CommandOptions.find(arguments, "--recipe");
        if (name.isPresent()) {
            TreeSettings recipe = PlanLoader.load(name.get(), presets.get());
            openDevices.select(RecipeDevice.of(recipe, openDevices.defaultSelector(), globalOptions));
            OF_RECIPES.stream().filter(recipe::has).forEach(key -> taken.put(key, recipe.node(key)));
        }
        return new SettingsNode.Section(taken, name.orElse("--recipe"));
    }

    private static SettingsNode.Section options(ParseResult arguments) {
        List<String> lines = new ArrayList<>();
        CommandOptions.<Path>find(arguments, "--data")
                .ifPresent(file -> lines.add("data.file = \"%s\"".formatted(file)));
        CommandOptions.<String>find(arguments, "--mixer")
                .ifPresent(name -> lines.add("mixer = \"%s\"".formatted(name)));
        CommandOptions.<Integer>find(arguments, "--steps").ifPresent(steps -> lines.add("align.steps = " + steps));
        CommandOptions.<Integer>find(arguments, "--samples").ifPresent(samples -> lines.add("samples = " + samples));
        return Hocon.parse(String.join("\n", lines), "the command line").asTree();
    }

    private static void show(ParseResult arguments, Terminal terminal, Path teacher, Suggestion suggestion)
            throws IOException {
        List<String> table = PlanSuggestionReport.table(suggestion).lines();
        List<String> remarks = new ArrayList<>(List.of("Suggested for %s.".formatted(teacher), ""));
        remarks.addAll(PlanSuggestionReport.remarks(suggestion));
        remarks.add("");
        remarks.addAll(table);
        String text = PlanWriter.format(suggestion.plan(), remarks);
        Optional<Path> out = CommandOptions.find(arguments, "--out");
        if (out.isPresent()) {
            Files.writeString(out.get(), text);
            table.forEach(terminal::println);
            terminal.println("wrote " + out.get());
        } else {
            terminal.print(text);
        }
    }
}
