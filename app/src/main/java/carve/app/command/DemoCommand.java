package carve.app.command;

import carve.api.config.Names;
import carve.api.config.SettingsException;
import carve.api.config.TreeSettings;
import carve.app.work.AppConfig;
import carve.app.work.Demo;
import carve.app.work.Workshop;
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
    public CommandSpec specification() {
        return Arguments.of(
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
    public int run(ParseResult arguments, Workshop workshop) throws IOException {
        String paper = Arguments.get(arguments, "--paper", USUAL);
        if (!PAPERS.containsKey(paper)) {
            throw new SettingsException("--paper: " + Names.unknown("paper", paper, PAPERS.keySet()));
        }
        Path file = Arguments.<Path>find(arguments, "--recipe").orElseGet(() -> found(workshop, PAPERS.get(paper)));
        TreeSettings settings =
                new TreeSettings(AppConfig.overrides(workshop.globals().overrides(), false)).over(Hocon.file(file));
        Path usual = Path.of("runs", paper.equals(USUAL) ? "demo" : "demo-" + paper);
        workshop.devices().requireAvailable(); // before the pictures are made
        new Demo(workshop, file, settings, Arguments.get(arguments, "--out", usual)).run();
        return 0;
    }

    private static Path found(Workshop workshop, Path file) {
        List<Path> places = new ArrayList<>();
        for (Path home : workshop.globals().home()) {
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
