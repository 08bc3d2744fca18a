package carve.app.cli;

import carve.api.config.SettingsNode;
import carve.api.config.SettingsNode.Scalar;
import carve.api.config.SettingsNode.Section;
import carve.app.linearize.LinearizeRunner;
import carve.app.plugin.Presets;
import carve.app.report.Terminal;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.catalog.Catalogs;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve linearize}. */
final class LinearizeCommand implements Command {
    private final Terminal terminal;
    private final GlobalOptions globalOptions;
    private final Provider<Presets> presets;
    private final Provider<Catalogs> catalogs;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    LinearizeCommand(
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
                        LinearizeCommand.class,
                        "linearize",
                        "Carve a model in one command: measure which layers need their attention, convert the others, distil in the"
                                + " stages of a recipe, measure the student, and write it with its card.",
                        "A killed run goes on when the same command is given again, and ends with the same student.")
                .parameter(Path.class, "TEACHER", "Folder of the teacher, or hf:ORG/NAME.")
                .files(
                        "--data",
                        "PATH",
                        "Files or folders of text or conversations: plain files, JSON lines, Parquet. Without it the teacher makes the data.")
                .option("--keep", String.class, "N|P%", "Layers that keep attention; 25%% if not given, 0 for none.")
                .option(
                        "--recipe",
                        String.class,
                        "RECIPE",
                        "Preset or file whose stages are run, scaled to the budget.")
                .option(
                        "--budget",
                        String.class,
                        "BUDGET",
                        "What training may take: tokens (20m-tokens, 500k-tokens) or time (90min, 2h); 2h if not given.")
                .option("--mixer", String.class, "NAME", "Mixer of converted layers, a name under 'mixers'.")
                .required("--out", Path.class, "DIR", "Folder of the run; the student is in DIR/student.")
                .flag("--dry-run", "Only show stages, tokens, time, memory and disk; DIR is not written.")
                .example("carve linearize models/smollm2 --data texts --out runs/hybrid --dry-run")
                .example("carve linearize models/smollm2 --data texts --keep 25%% --budget 2h --out runs/hybrid")
                .example("carve linearize models/smollm2 --keep 0 --budget 20m-tokens --out runs/linear")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        new LinearizeRunner(terminal, catalogs.get(), presets.get(), modelOpener, openDevices)
                .run(
                        CommandOptions.parameter(arguments, 0),
                        CommandOptions.paths(arguments, "--data"),
                        CommandOptions.valueOr(arguments, "--out", Path.of("student")),
                        settings(arguments),
                        CommandOptions.hasFlag(arguments, "--dry-run"));
        return 0;
    }

    private Section settings(ParseResult arguments) {
        Map<String, SettingsNode> options = new LinkedHashMap<>();
        for (String key : new String[] {"keep", "recipe", "budget", "mixer"}) {
            CommandOptions.<String>find(arguments, "--" + key)
                    .ifPresent(value -> options.put(key, new Scalar(value, "--" + key)));
        }
        return AppConfig.overrides(globalOptions.overrides(), false).over(new Section(options, "the command line"));
    }
}
