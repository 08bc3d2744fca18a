package carve.app.command;

import carve.api.config.SettingsException;
import carve.api.stage.DatasetGenerator;
import carve.app.terminal.ProgressBar;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import carve.app.work.AppConfig;
import carve.app.work.Workshop;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve data}. */
final class DataCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "data",
                        "Make a data set, such as pictures with questions. Without a name, show which ones.")
                .optionalParameter(String.class, "NAME", "The data set, such as shapes.")
                .option("--out", Path.class, "DIR", "Where it goes; a folder that is not there yet.")
                .example("carve data")
                .example("carve data shapes --out runs/shapes")
                .example("carve data shapes --out runs/shapes -Dseed=7")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) {
        String name = Arguments.parameter(arguments, 0);
        return name == null ? list(workshop) : generate(arguments, workshop, name);
    }

    private static int list(Workshop workshop) {
        Table table = new Table("DATA SET", "WHAT IT HOLDS");
        workshop.catalogs().generators().providers().forEach(data -> table.row(data.name(), data.description()));
        table.print(workshop.terminal());
        return 0;
    }

    private static int generate(ParseResult arguments, Workshop workshop, String name) {
        Terminal terminal = workshop.terminal();
        var generators = workshop.catalogs().generators();
        generators.provider(name);
        Path out = Arguments.<Path>find(arguments, "--out")
                .orElseThrow(() ->
                        new SettingsException("data set '%s' needs a folder to go to: --out DIR".formatted(name)));
        try (ProgressBar bar = new ProgressBar(terminal, name, "samples")) {
            generators.create(
                    name,
                    AppConfig.overrides(workshop.globals().overrides(), false),
                    (DatasetGenerator generator, carve.api.config.Settings settings) -> {
                        generator.generate(settings, out, bar);
                        return out;
                    });
        }
        terminal.println("wrote " + out);
        return 0;
    }
}
