package carve.app.cli.plugin;

import carve.api.device.Availability.Unavailable;
import carve.api.device.Device;
import carve.app.cli.Command;
import carve.app.cli.CommandOptions;
import carve.app.plugin.Plugin;
import carve.app.plugin.PluginProblem;
import carve.app.plugin.PluginState;
import carve.app.plugin.PluginStore;
import carve.app.report.Terminal;
import carve.app.wiring.AppConfig;
import carve.app.wiring.AppContext;
import carve.app.wiring.PluginFolders;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins doctor}. */
final class PluginsDoctorCommand implements Command {
    @Override
    public CommandSpec commandSpec() {
        return CommandOptions.of(
                        this,
                        "doctor",
                        "Load all plugins as a command would, and report all problems of them and their folders, with what"
                                + " would help.")
                .example("carve plugins doctor")
                .build();
    }

    @Override
    public int run(ParseResult arguments, AppContext appContext) {
        Terminal terminal = appContext.terminal();
        String api = Device.class.getModule().getDescriptor().toNameAndVersion();
        terminal.println("%s, Java %s, %s %s"
                .formatted(api, Runtime.version(), System.getProperty("os.name"), System.getProperty("os.arch")));
        PluginFolders folders = PluginFolders.existing(appContext.config(), appContext.globalOptions());
        List<PluginProblem> problems = new ArrayList<>();
        for (Path folder : folders.all()) {
            terminal.println(describe(folder));
            PluginStore store = new PluginStore(folder);
            store.known().forEach(name -> problems.addAll(store.verify(name)));
        }
        List<Plugin> plugins = appContext.platform().plugins();
        plugins.forEach(plugin -> problems.addAll(plugin.problems()));
        tell(terminal, plugins, problems);
        devices(terminal, appContext);
        return problems.stream().anyMatch(PluginProblem::fatal) ? 1 : 0;
    }

    private static String describe(Path folder) {
        if (!Files.isDirectory(folder)) {
            return "folder %s: missing, which is no problem".formatted(folder);
        }
        PluginStore store = new PluginStore(folder);
        return "folder %s: %d plugins, %d of them locked%s"
                .formatted(
                        folder,
                        store.names().size(),
                        store.locked().size(),
                        Files.isWritable(folder) ? "" : ", cannot be written");
    }

    private static void tell(Terminal terminal, List<Plugin> plugins, List<PluginProblem> problems) {
        long active = plugins.stream()
                .filter(plugin -> plugin.state() == PluginState.ACTIVE)
                .count();
        terminal.println("%d of %d plugins are active".formatted(active, plugins.size()));
        plugins.stream()
                .filter(plugin -> plugin.state() == PluginState.STOPPED)
                .forEach(plugin -> terminal.println("plugin '%s' is disabled; `carve plugins enable %s` lets it be used"
                        .formatted(plugin.name(), plugin.name())));
        for (PluginProblem pluginProblem : problems.stream().distinct().sorted().toList()) {
            terminal.println("%s: plugin '%s': %s"
                    .formatted(
                            PluginsVerifyCommand.kind(pluginProblem), pluginProblem.plugin(), pluginProblem.message()));
            terminal.println("    what would help: " + pluginProblem.hint());
        }
    }

    // the workshop's own catalogs would warn of the same problems again
    private static void devices(Terminal terminal, AppContext appContext) {
        AppConfig config = appContext.config();
        Catalogs catalogs = Catalogs.of(appContext.platform().providers(), config.providers());
        for (DeviceSelector.DeviceProbe device : DeviceSelector.of(catalogs, config.device(), config.kernelPolicy())
                .probe()) {
            if (device.availability() instanceof Unavailable(String reason)) {
                terminal.println("device '%s' is not available: %s".formatted(device.name(), reason));
            }
        }
    }
}
