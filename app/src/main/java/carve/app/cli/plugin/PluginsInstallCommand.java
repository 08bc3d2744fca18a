package carve.app.cli.plugin;

import carve.app.cli.Command;
import carve.app.cli.CommandOptions;
import carve.app.plugin.PluginProblem;
import carve.app.plugin.PluginStore;
import carve.app.plugin.PluginStore.Installed;
import carve.app.report.Terminal;
import carve.app.wiring.AppConfig;
import carve.app.wiring.GlobalOptions;
import carve.app.wiring.PluginFolders;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins install}. */
final class PluginsInstallCommand implements Command {
    private final Terminal terminal;
    private final GlobalOptions globalOptions;
    private final Provider<AppConfig> appConfig;

    @Inject
    PluginsInstallCommand(Terminal terminal, GlobalOptions globalOptions, Provider<AppConfig> appConfig) {
        this.terminal = terminal;
        this.globalOptions = globalOptions;
        this.appConfig = appConfig;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        PluginsInstallCommand.class,
                        "install",
                        "Check a plugin and install it, or another version of it, atomically. Nothing of it runs. It goes"
                                + " to the last folder of --plugins, else of CARVE_PLUGINS, else to ~/.carve/plugins.")
                .parameter(Path.class, "FILE", "The jar of its module, a folder with jars and lib/, or a zip of it.")
                .option("--name", String.class, "NAME", "Its name; by default that of its manifest, else of its file.")
                .example("carve plugins install retention-1.0.jar")
                .example("carve plugins install retention.zip --plugins my-plugins")
                .build();
    }

    @Override
    public int run(ParseResult arguments) {
        Path from = CommandOptions.parameter(arguments, 0);
        PluginStore store =
                new PluginStore(PluginFolders.of(appConfig.get(), globalOptions).installFolder());
        Installed installed = store.install(from, CommandOptions.valueOr(arguments, "--name", ""));
        installed.warnings().stream().map(PluginProblem::line).forEach(terminal::printMessage);
        terminal.println("%s %s in %s"
                .formatted(installed.replaced() ? "replaced" : "installed", installed.name(), store.folder()));
        return 0;
    }
}
