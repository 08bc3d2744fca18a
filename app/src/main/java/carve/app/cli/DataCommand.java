package carve.app.cli;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.data.DatasetGenerator;
import carve.app.data.RecallGenerator;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.hocon.Hocon;
import carve.runtime.catalog.Catalogs;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.nio.file.Path;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve data}. */
final class DataCommand implements Command {
    // it needs the runtime, which plugins do not have
    private static final DatasetGenerator RECALL = new RecallGenerator();

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
        Stream.concat(Stream.of(RECALL), catalogs.get().generators().providers().stream())
                .forEach(data -> textTable.row(data.name(), data.description()));
        textTable.print(terminal);
        return 0;
    }

    private int generate(ParseResult arguments, String name) {
        boolean recall = name.equals(RECALL.name());
        if (!recall) {
            catalogs.get().generators().provider(name);
        }
        Path out = CommandOptions.<Path>find(arguments, "--out")
                .orElseThrow(() ->
                        new SettingsException("data set '%s' needs a folder to go to: --out DIR".formatted(name)));
        try (ProgressBar bar = new ProgressBar(terminal, name, "samples")) {
            SettingsNode.Section overrides = AppConfig.overrides(globalOptions.overrides(), false);
            if (recall) {
                RECALL.generate(recallSettings(overrides), out, bar);
            } else {
                catalogs.get().generators().create(name, overrides, (DatasetGenerator generator, Settings settings) -> {
                    generator.generate(settings, out, bar);
                    return out;
                });
            }
        }
        terminal.println("wrote " + out);
        return 0;
    }

    private static Settings recallSettings(SettingsNode.Section overrides) {
        SettingsNode.Section defaults = Hocon.parseResource(DataCommand.class.getModule(), "recall.conf")
                .orElseThrow()
                .asTree();
        return new TreeSettings(overrides.over(defaults));
    }
}
