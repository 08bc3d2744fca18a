package carve.app.command;

import carve.app.plugin.PluginStore;
import carve.app.plugin.PluginStore.Installed;
import carve.app.plugin.Problem;
import carve.app.work.PluginFolders;
import carve.app.work.Workshop;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins install}. */
final class PluginsInstallCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "install",
                        "Check a plugin and install it, or another version of it: whole or not at all. Nothing of it runs. It goes"
                                + " to the last folder of --plugins, else of CARVE_PLUGINS, else to ~/.carve/plugins.")
                .parameter(Path.class, "FILE", "The jar of its module, a folder with jars and lib/, or a zip of it.")
                .option(
                        "--name",
                        String.class,
                        "NAME",
                        "Its name; without it, what its manifest says, or its file is called.")
                .example("carve plugins install retention-1.0.jar")
                .example("carve plugins install retention.zip --plugins my-plugins")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) {
        Path from = Arguments.parameter(arguments, 0);
        PluginStore store = new PluginStore(
                PluginFolders.of(workshop.config(), workshop.globals()).target());
        Installed installed = store.install(from, Arguments.get(arguments, "--name", ""));
        installed.warnings().stream().map(Problem::line).forEach(workshop.terminal()::remark);
        workshop.terminal()
                .println("%s %s in %s"
                        .formatted(installed.replaced() ? "replaced" : "installed", installed.name(), store.folder()));
        return 0;
    }
}
