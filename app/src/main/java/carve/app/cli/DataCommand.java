package carve.app.cli;

import carve.api.config.SettingsException;
import carve.api.data.DatasetGenerator;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.wiring.AppConfig;
import carve.app.wiring.AppContext;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve data}. */
final class DataCommand implements Command {
    @Override
    public CommandSpec commandSpec() {
        return CommandOptions.of(
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
    public int run(ParseResult arguments, AppContext appContext) {
        String name = CommandOptions.parameter(arguments, 0);
        return name == null ? list(appContext) : generate(arguments, appContext, name);
    }

    private static int list(AppContext appContext) {
        TextTable textTable = new TextTable("DATA SET", "WHAT IT HOLDS");
        appContext.catalogs().generators().providers().forEach(data -> textTable.row(data.name(), data.description()));
        textTable.print(appContext.terminal());
        return 0;
    }

    private static int generate(ParseResult arguments, AppContext appContext, String name) {
        Terminal terminal = appContext.terminal();
        var generators = appContext.catalogs().generators();
        generators.provider(name);
        Path out = CommandOptions.<Path>find(arguments, "--out")
                .orElseThrow(() ->
                        new SettingsException("data set '%s' needs a folder to go to: --out DIR".formatted(name)));
        try (ProgressBar bar = new ProgressBar(terminal, name, "samples")) {
            generators.create(
                    name,
                    AppConfig.overrides(appContext.globalOptions().overrides(), false),
                    (DatasetGenerator generator, carve.api.config.Settings settings) -> {
                        generator.generate(settings, out, bar);
                        return out;
                    });
        }
        terminal.println("wrote " + out);
        return 0;
    }
}
