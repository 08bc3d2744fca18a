package carve.app.cli;

import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.app.demo.ComparedModel;
import carve.app.demo.Demo;
import carve.app.report.Terminal;
import carve.app.train.RecipeExecution;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.hocon.Hocon;
import carve.runtime.catalog.Catalogs;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve demo}. */
final class DemoCommand implements Command {
    private static final String USUAL = "mmmamba";
    private static final Map<String, Path> PAPERS =
            Map.of(USUAL, Path.of("demo", "demo.conf"), "matvlm", Path.of("demo", "matvlm", "demo.conf"));

    private final Terminal terminal;
    private final GlobalOptions globalOptions;
    private final Provider<AppConfig> appConfig;
    private final Provider<Catalogs> catalogs;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;
    private final RecipeExecution recipeExecution;

    @Inject
    DemoCommand(
            Terminal terminal,
            GlobalOptions globalOptions,
            Provider<AppConfig> appConfig,
            Provider<Catalogs> catalogs,
            ModelOpener modelOpener,
            OpenDevices openDevices,
            RecipeExecution recipeExecution) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
        this.appConfig = appConfig;
        this.catalogs = catalogs;
        this.modelOpener = modelOpener;
        this.openDevices = openDevices;
        this.recipeExecution = recipeExecution;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        DemoCommand.class,
                        "demo",
                        "Run the end-to-end demo: convert a small vision-language teacher into students, distil them, and"
                                + " compare all models.",
                        "An interrupted run continues where it stopped.")
                .option(
                        "--paper",
                        String.class,
                        "NAME",
                        "The method to demonstrate: mmmamba (a linear and a hybrid student in three stages; if not given) or matvlm"
                                + " (hybrids of 12.5, 25 and 50 %% in one).")
                .option("--recipe", Path.class, "FILE", "Run the demo of another recipe.")
                .option(
                        "--out",
                        Path.class,
                        "DIR",
                        "Folder of data and models; runs/demo, or runs/demo-NAME for another paper, if not given.")
                .example("carve demo")
                .example("carve demo --paper matvlm")
                .example("carve demo --out /var/tmp/demo")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        String paper = CommandOptions.valueOr(arguments, "--paper", USUAL);
        if (!PAPERS.containsKey(paper)) {
            throw new SettingsException("--paper: " + NameSuggestions.unknown("paper", paper, PAPERS.keySet()));
        }
        Path file = CommandOptions.<Path>find(arguments, "--recipe").orElseGet(() -> found(PAPERS.get(paper)));
        TreeSettings settings =
                new TreeSettings(AppConfig.overrides(globalOptions.overrides(), false)).over(Hocon.parseFile(file));
        Path usual = Path.of("runs", paper.equals(USUAL) ? "demo" : "demo-" + paper);
        openDevices.selector().requireAvailable(); // before the pictures are made
        var environment = new ComparedModel.Environment(
                terminal, modelOpener, openDevices, appConfig.get().evaluation());
        Path out = CommandOptions.valueOr(arguments, "--out", usual);
        new Demo(terminal, catalogs.get(), recipeExecution, environment, file, settings, out).run();
        return 0;
    }

    private Path found(Path file) {
        List<Path> places = new ArrayList<>();
        for (Path home : globalOptions.home()) {
            places.add(home.resolve(file));
            // built from a clone, the program is in app/target/carve
            places.add(home.toAbsolutePath().resolve("../../..").normalize().resolve(file));
        }
        places.add(file);
        return places.stream()
                .filter(Files::isRegularFile)
                .findFirst()
                .orElseThrow(() -> new SettingsException(
                        "the demo's recipe is in none of %s; name it with --recipe".formatted(places)));
    }
}
