package carve.app.command;

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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve demo}. */
final class DemoCommand implements Command {
    private static final Path FILE = Path.of("demo", "demo.conf");

    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "demo",
                        "Do the main job on pictures and words: carve a small teacher into a linear and a hybrid student, distil both,"
                                + " and compare them.",
                        "A run that was interrupted goes on where it stopped.")
                .option(
                        "--recipe",
                        Path.class,
                        "FILE",
                        "What to do; the demo/demo.conf that comes with carve if not given.")
                .option("--out", Path.class, "DIR", "Where data and models go; runs/demo if not given.")
                .example("carve demo")
                .example("carve demo --out /var/tmp/demo")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) throws IOException {
        Path file = Arguments.<Path>find(arguments, "--recipe").orElseGet(() -> found(workshop));
        TreeSettings settings =
                new TreeSettings(AppConfig.overrides(workshop.globals().overrides(), false)).over(Hocon.file(file));
        new Demo(workshop, file, settings, Arguments.get(arguments, "--out", Path.of("runs", "demo"))).run();
        return 0;
    }

    private static Path found(Workshop workshop) {
        List<Path> places = new ArrayList<>();
        for (Path home : workshop.globals().home()) {
            places.add(home.resolve(FILE));
            // built from a clone, the program is in app/target/carve
            places.add(home.toAbsolutePath().resolve("../../..").normalize().resolve(FILE));
        }
        places.add(FILE);
        return places.stream()
                .filter(Files::isRegularFile)
                .findFirst()
                .orElseThrow(() -> new SettingsException(
                        "the demo's recipe is in none of %s; name it with --recipe".formatted(places)));
    }
}
