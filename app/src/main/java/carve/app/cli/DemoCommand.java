package carve.app.cli;

import carve.api.config.NameSuggestions;
import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.app.demo.Demo;
import carve.app.wiring.AppConfig;
import carve.app.wiring.AppContext;
import carve.hocon.Hocon;
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

    @Override
    public CommandSpec commandSpec() {
        return CommandOptions.of(
                        this,
                        "demo",
                        "Do the main job on pictures and words: carve a small teacher into students, distil them, and compare"
                                + " all.",
                        "A run that was interrupted goes on where it stopped.")
                .option(
                        "--paper",
                        String.class,
                        "NAME",
                        "Whose way: mmmamba (a linear and a hybrid student in three stages; if not given) or matvlm"
                                + " (hybrids of 12.5, 25 and 50 %% in one).")
                .option("--recipe", Path.class, "FILE", "What to do, rather than a demo that comes with carve.")
                .option(
                        "--out",
                        Path.class,
                        "DIR",
                        "Where data and models go; runs/demo, or runs/demo-NAME of another paper, if not given.")
                .example("carve demo")
                .example("carve demo --paper matvlm")
                .example("carve demo --out /var/tmp/demo")
                .build();
    }

    @Override
    public int run(ParseResult arguments, AppContext appContext) throws IOException {
        String paper = CommandOptions.valueOr(arguments, "--paper", USUAL);
        if (!PAPERS.containsKey(paper)) {
            throw new SettingsException("--paper: " + NameSuggestions.unknown("paper", paper, PAPERS.keySet()));
        }
        Path file =
                CommandOptions.<Path>find(arguments, "--recipe").orElseGet(() -> found(appContext, PAPERS.get(paper)));
        TreeSettings settings = new TreeSettings(
                        AppConfig.overrides(appContext.globalOptions().overrides(), false))
                .over(Hocon.parseFile(file));
        Path usual = Path.of("runs", paper.equals(USUAL) ? "demo" : "demo-" + paper);
        appContext.deviceSelector().requireAvailable(); // before the pictures are made
        new Demo(appContext, file, settings, CommandOptions.valueOr(arguments, "--out", usual)).run();
        return 0;
    }

    private static Path found(AppContext appContext, Path file) {
        List<Path> places = new ArrayList<>();
        for (Path home : appContext.globalOptions().home()) {
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
