package carve.app.cli.plugin;

import carve.app.cli.Command;
import carve.app.cli.CommandOptions;
import carve.app.plugin.PluginProblem;
import carve.app.plugin.PluginStore;
import carve.app.plugin.PluginStore.Installed;
import carve.app.wiring.AppContext;
import carve.app.wiring.PluginFolders;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins install}. */
final class PluginsInstallCommand implements Command {
    @Override
    public CommandSpec commandSpec() {
        return CommandOptions.of(
                        this,
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
    public int run(ParseResult arguments, AppContext appContext) {
        Path from = CommandOptions.parameter(arguments, 0);
        PluginStore store = new PluginStore(PluginFolders.of(appContext.config(), appContext.globalOptions())
                .installFolder());
        Installed installed = store.install(from, CommandOptions.valueOr(arguments, "--name", ""));
        installed.warnings().stream().map(PluginProblem::line).forEach(appContext.terminal()::printMessage);
        appContext
                .terminal()
                .println("%s %s in %s"
                        .formatted(installed.replaced() ? "replaced" : "installed", installed.name(), store.folder()));
        return 0;
    }
}
