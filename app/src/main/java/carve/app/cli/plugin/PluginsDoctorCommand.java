package carve.app.cli.plugin;

import carve.api.device.Availability.Unavailable;
import carve.api.device.Device;
import carve.app.cli.Command;
import carve.app.cli.CommandOptions;
import carve.app.plugin.Plugin;
import carve.app.plugin.PluginProblem;
import carve.app.plugin.PluginSet;
import carve.app.plugin.PluginState;
import carve.app.plugin.PluginStore;
import carve.app.report.Terminal;
import carve.app.wiring.AppConfig;
import carve.app.wiring.PluginFolders;
import carve.runtime.catalog.Catalogs;
import carve.runtime.device.DeviceSelector;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins doctor}. */
final class PluginsDoctorCommand implements Command {
    private final Terminal terminal;
    private final Provider<AppConfig> appConfig;
    private final Provider<PluginFolders> pluginFolders;
    private final Provider<PluginSet> plugins;

    @Inject
    PluginsDoctorCommand(
            Terminal terminal,
            Provider<AppConfig> appConfig,
            Provider<PluginFolders> pluginFolders,
            Provider<PluginSet> plugins) {
        this.terminal = terminal;
        this.appConfig = appConfig;
        this.pluginFolders = pluginFolders;
        this.plugins = plugins;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        PluginsDoctorCommand.class,
                        "doctor",
                        "Load all plugins as a command would, and report all problems of them and their folders, with what"
                                + " would help.")
                .example("carve plugins doctor")
                .build();
    }

    @Override
    public int run(ParseResult arguments) {
        String api = Device.class.getModule().getDescriptor().toNameAndVersion();
        terminal.println("%s, Java %s, %s %s"
                .formatted(api, Runtime.version(), System.getProperty("os.name"), System.getProperty("os.arch")));
        PluginFolders folders = pluginFolders.get();
        List<PluginProblem> problems = new ArrayList<>();
        for (Path folder : folders.all()) {
            terminal.println(describe(folder));
            PluginStore store = new PluginStore(folder);
            store.known().forEach(name -> problems.addAll(store.verify(name)));
        }
        List<Plugin> installed = plugins.get().plugins();
        installed.forEach(plugin -> problems.addAll(plugin.problems()));
        print(installed, problems);
        printUnavailableDevices();
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

    private void print(List<Plugin> plugins, List<PluginProblem> problems) {
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
            terminal.println("    fix: " + pluginProblem.hint());
        }
    }

    // injected catalogs would log the same problems again
    private void printUnavailableDevices() {
        AppConfig config = appConfig.get();
        Catalogs catalogs = Catalogs.of(plugins.get().providers(), config.providers());
        for (DeviceSelector.DeviceProbe device : DeviceSelector.of(catalogs, config.device(), config.kernelPolicy())
                .probe()) {
            if (device.availability() instanceof Unavailable(String reason)) {
                terminal.println("device '%s' is not available: %s".formatted(device.name(), reason));
            }
        }
    }
}
