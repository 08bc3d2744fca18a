package carve.app.cli;

import carve.api.config.SettingsException;
import carve.api.data.DatasetGenerator;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.runtime.catalog.Catalogs;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve data}. */
final class DataCommand implements Command {
    private final Terminal terminal;
    private final GlobalOptions globalOptions;
    private final Provider<Catalogs> catalogs;

    @Inject
    DataCommand(Terminal terminal, GlobalOptions globalOptions, Provider<Catalogs> catalogs) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
        this.catalogs = catalogs;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        DataCommand.class,
                        "data",
                        "Generate a data set, such as images with questions. Without a name, list the data sets.")
                .subcommand(DataGenerateCommand.commandSpec())
                .optionalParameter(String.class, "NAME", "The data set, such as shapes.")
                .option("--out", Path.class, "DIR", "Folder to write, which must not exist yet.")
                .example("carve data")
                .example("carve data shapes --out runs/shapes")
                .example("carve data shapes --out runs/shapes -Dseed=7")
                .example("carve data generate MODEL --prompts prompts.jsonl --out answers.jsonl")
                .build();
    }

    @Override
    public int run(ParseResult arguments) {
        String name = CommandOptions.parameter(arguments, 0);
        return name == null ? list() : generate(arguments, name);
    }

    private int list() {
        TextTable textTable = new TextTable("DATA SET", "DESCRIPTION");
        catalogs.get().generators().providers().forEach(data -> textTable.row(data.name(), data.description()));
        textTable.print(terminal);
        return 0;
    }

    private int generate(ParseResult arguments, String name) {
        var generators = catalogs.get().generators();
        generators.provider(name);
        Path out = CommandOptions.<Path>find(arguments, "--out")
                .orElseThrow(() ->
                        new SettingsException("data set '%s' needs a folder to go to: --out DIR".formatted(name)));
        try (ProgressBar bar = new ProgressBar(terminal, name, "samples")) {
            generators.create(
                    name,
                    AppConfig.overrides(globalOptions.overrides(), false),
                    (DatasetGenerator generator, carve.api.config.Settings settings) -> {
                        generator.generate(settings, out, bar);
                        return out;
                    });
        }
        terminal.println("wrote " + out);
        return 0;
    }
}
