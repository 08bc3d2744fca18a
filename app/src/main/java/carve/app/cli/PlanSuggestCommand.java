package carve.app.cli;

import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.io.TemporaryFolder;
import carve.api.json.Json;
import carve.app.plugin.Presets;
import carve.app.report.LayerScoreBars;
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
import carve.runtime.plan.PlanWriter;
import carve.runtime.plan.Suggestion;
import carve.runtime.progress.Progress;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
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
                        "Suggest the layers that keep attention: change one layer of the teacher at a time, and measure what it loses.",
                        "Methods: marginal replaces a layer by an aligned one; window makes its attention a sliding window;"
                                + " importance makes its mixer's output zero; restore-one gives a student without attention one layer's"
                                + " attention again, and trains it; recall divides lost recall by lost likelihood.",
                        "The plan is written together with a table of the scores.")
                .parameter(Path.class, "TEACHER", "Folder of the teacher, or hf:ORG/NAME.")
                .option("--keep", String.class, "N|P%", "Layers that keep attention; 25%% if not given.")
                .option(
                        "--by",
                        String.class,
                        "METHOD",
                        "marginal (if not given), restore-one, window, recall or importance.")
                .option("--data", Path.class, "PATH", "LLaVA-style JSON, or a file or folder of text.")
                .option("--recipe", String.class, "RECIPE", "Recipe from which data and mixers are taken.")
                .option(
                        "--mixer",
                        String.class,
                        "NAME",
                        "Mixer of converted layers, or a name under 'mixers'; mamba2 if not given.")
                .option("--steps", Integer.class, "N", "Alignment steps; 100 if not given.")
                .option("--samples", Integer.class, "N", "Samples for the measurement; 64 if not given.")
                .option("--window", Integer.class, "N", "Width of the sliding window; 512 if not given.")
                .option("--tasks", String.class, "NAMES", "Recall tasks, separated by commas; scores are then recall.")
                .flag("--heads", "With importance, measure every head too.")
                .option("--import", Path.class, "FILE", "Take scores from CSV (layer,score) or JSON; measure nothing.")
                .option("--out", Path.class, "FILE", "File to write the plan to; printed if not given.")
                .option("--json", Path.class, "FILE", "Also write the scores as JSON.")
                .option("--picture", Path.class, "FILE", "Also draw the scores: FILE.svg or FILE.png.")
                .option(
                        "--work",
                        Path.class,
                        "DIR",
                        "Folder for measurements and checkpoints, with which a stopped command goes on; a temporary folder if not given.")
                .example("carve plan suggest models/hovle --keep 25%% --data train.json --work suggest --out plan.conf")
                .example("carve plan suggest models/smollm2 --by window --window 128 --data corpus --keep 8")
                .example("carve plan suggest models/smollm2 --import scores.csv --keep 8 --out plan.conf")
                .example("carve plan suggest models/hovle --data train.json -Dalign.optimizer.learning-rate=1e-3")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        Optional<Path> picture = CommandOptions.find(arguments, "--picture");
        picture.ifPresent(PictureFile::suffix);
        TreeSettings settings = settings(arguments);
        Path path = CommandOptions.parameter(arguments, 0);
        try (ModelFolder teacher = modelOpener.open(path)) {
            var suggester = new PlanSuggester(catalogs.get(), openDevices.device(), settings);
            show(arguments, path, suggestion(arguments, suggester, teacher));
        }
        return 0;
    }

    private Suggestion suggestion(ParseResult arguments, PlanSuggester suggester, ModelFolder teacher)
            throws IOException {
        Optional<Path> scores = CommandOptions.find(arguments, "--import");
        if (scores.isPresent()) {
            return suggester.imported(teacher, scores.get());
        }
        Optional<Path> work = CommandOptions.find(arguments, "--work");
        if (work.isPresent()) {
            return suggest(suggester, teacher, Files.createDirectories(work.get()));
        }
        try (TemporaryFolder temporary = TemporaryFolder.create("suggest")) {
            temporary.deleteOnShutdown();
            return suggest(suggester, teacher, temporary.path());
        }
    }

    private Suggestion suggest(PlanSuggester suggester, ModelFolder teacher, Path work) throws IOException {
        Progress progress = (phase, unit) -> new ProgressBar(terminal, phase, unit);
        return suggester.suggest(teacher, work, progress, terminal::printMessage);
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
        CommandOptions.<Path>find(arguments, "--data").ifPresent(file -> lines.add(data(file)));
        CommandOptions.<String>find(arguments, "--keep").ifPresent(keep -> lines.add("keep = \"%s\"".formatted(keep)));
        CommandOptions.<String>find(arguments, "--by").ifPresent(by -> lines.add("by = \"%s\"".formatted(by)));
        CommandOptions.<Integer>find(arguments, "--window").ifPresent(window -> lines.add("window = " + window));
        CommandOptions.<String>find(arguments, "--tasks")
                .ifPresent(names -> lines.add("score = recall, recall.tasks = [%s]".formatted(names)));
        if (CommandOptions.hasFlag(arguments, "--heads")) {
            lines.add("heads = true");
        }
        CommandOptions.<String>find(arguments, "--mixer")
                .ifPresent(name -> lines.add("mixer = \"%s\"".formatted(name)));
        CommandOptions.<Integer>find(arguments, "--steps").ifPresent(steps -> lines.add("align.steps = " + steps));
        CommandOptions.<Integer>find(arguments, "--samples").ifPresent(samples -> lines.add("samples = " + samples));
        return Hocon.parse(String.join("\n", lines), "the command line").asTree();
    }

    private static String data(Path file) {
        return file.toString().endsWith(".json")
                ? "data.file = \"%s\"".formatted(file)
                : "data { type = text, files = [\"%s\"] }".formatted(file);
    }

    private void show(ParseResult arguments, Path teacher, Suggestion suggestion) throws IOException {
        List<String> table = PlanSuggestionReport.table(suggestion).lines();
        List<String> remarks = new ArrayList<>(List.of("Suggested for %s.".formatted(teacher), ""));
        remarks.addAll(PlanSuggestionReport.remarks(suggestion));
        remarks.add("");
        remarks.addAll(table);
        String text = PlanWriter.format(suggestion.plan(), remarks);
        Optional<Path> out = CommandOptions.find(arguments, "--out");
        if (out.isPresent()) {
            table.forEach(terminal::println);
            write(out.get(), text.getBytes(StandardCharsets.UTF_8));
        } else {
            terminal.print(text);
        }
        Optional<Path> json = CommandOptions.find(arguments, "--json");
        if (json.isPresent()) {
            write(json.get(), (Json.print(suggestion.json()) + "\n").getBytes(StandardCharsets.UTF_8));
        }
        Optional<Path> picture = CommandOptions.find(arguments, "--picture");
        if (picture.isPresent()) {
            var bars = new LayerScoreBars("Layers by " + suggestion.method().word(), suggestion);
            write(picture.get(), PictureFile.bytes(picture.get(), bars::svg, bars::png));
        }
    }

    private void write(Path file, byte[] content) throws IOException {
        Files.write(file, content);
        terminal.printMessage("wrote " + file);
    }
}
