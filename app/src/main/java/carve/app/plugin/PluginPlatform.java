package carve.app.plugin;

import carve.api.config.SettingsException;
import carve.api.device.DeviceProvider;
import carve.api.loss.LossProvider;
import carve.api.mixer.MixerProvider;
import carve.api.model.ModelFamily;
import carve.api.stage.DataProvider;
import carve.api.stage.DatasetGenerator;
import carve.api.stage.OptimizerProvider;
import carve.api.stage.ScheduleProvider;
import carve.api.stage.StageProvider;
import carve.hocon.Catalogs;
import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.TreeMap;
import java.util.stream.Stream;

/** Everything that is plugged in: the providers of the program's own layer and those of plugin folders. Immutable. */
public final class PluginPlatform {
    private final List<Plugin> plugins;

    private PluginPlatform(List<Plugin> plugins) {
        this.plugins = List.copyOf(plugins);
    }

    /**
     * Loads the plugins in folders, each of which has a folder for each plugin. The earlier one of two that provide the same
     * name stays. Folders that are not there count as empty.
     *
     * @param builtIn providers that the program itself brings
     * @param folders where plugins are
     */
    public static PluginPlatform load(List<Object> builtIn, List<Path> folders) {
        ModuleLayer boot = ModuleLayer.boot();
        List<Plugin> plugins = new ArrayList<>();
        plugins.add(new Plugin(
                "carve", "the program", List.of(module(PluginPlatform.class.getModule())), builtIn, Optional.empty()));
        onModulePath(boot).forEach(plugin -> plugins.add(checked(plugin, plugins)));
        for (Path folder : folders) {
            for (Path plugin : plugins(folder)) {
                plugins.add(checked(load(plugin, boot), plugins));
            }
        }
        return new PluginPlatform(plugins);
    }

    private static List<Path> plugins(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isDirectory).sorted().toList();
        } catch (IOException e) {
            throw new PluginException("%s cannot be listed: %s".formatted(folder, e.getMessage()), e);
        }
    }

    private static List<Plugin> onModulePath(ModuleLayer boot) {
        Map<String, List<Object>> byModule = new TreeMap<>();
        for (Object provider : providers(boot)) {
            byModule.computeIfAbsent(module(provider.getClass().getModule()), _ -> new ArrayList<>())
                    .add(provider);
        }
        List<Plugin> plugins = new ArrayList<>();
        byModule.forEach((module, providers) -> plugins.add(
                new Plugin(module.split("@", 2)[0], "module path", List.of(module), providers, Optional.empty())));
        return plugins;
    }

    private static Plugin load(Path folder, ModuleLayer parent) {
        String name = folder.getFileName().toString();
        try {
            ModuleLayer layer = PluginFolder.layer(name, folder, parent);
            List<Object> providers = providers(layer);
            List<String> modules = layer.modules().stream()
                    .map(PluginPlatform::module)
                    .sorted()
                    .toList();
            return new Plugin(name, folder.toString(), modules, providers, Optional.empty());
        } catch (PluginException e) {
            return Plugin.broken(name, folder.toString(), e.getMessage());
        } catch (ServiceConfigurationError | LinkageError e) {
            return Plugin.broken(
                    name, folder.toString(), "plugin '%s' cannot be started: %s".formatted(name, reason(e)));
        }
    }

    private static String reason(Throwable e) {
        String cause = e.getCause() == null ? "" : " (" + e.getCause() + ")";
        return (e instanceof LinkageError ? e.toString() : e.getMessage()) + cause;
    }

    private static List<Object> providers(ModuleLayer layer) {
        List<Object> found = new ArrayList<>();
        for (Class<?> service : Catalogs.SERVICES) {
            // a layer's loader also finds the providers of its parents
            load(layer, service).stream()
                    .filter(provider -> provider.type().getModule().getLayer() == layer)
                    .forEach(provider -> found.add(provider.get()));
        }
        return found;
    }

    // `uses` is checked against the class that calls
    private static ServiceLoader<?> load(ModuleLayer layer, Class<?> service) {
        return ServiceLoader.load(layer, service);
    }

    private static String module(Module module) {
        ModuleDescriptor descriptor = module.getDescriptor();
        return descriptor == null ? "class path" : descriptor.toNameAndVersion();
    }

    // finds names that are taken, and defaults that cannot be read
    private static Plugin checked(Plugin plugin, List<Plugin> before) {
        if (plugin.problem().isPresent()) {
            return plugin;
        }
        try {
            Catalogs.of(plugin.providers());
            for (Plugin other : before) {
                taken(plugin, other);
            }
            return plugin;
        } catch (SettingsException e) {
            return new Plugin(
                    plugin.name(),
                    plugin.origin(),
                    plugin.modules(),
                    List.of(),
                    Optional.of("plugin '%s' cannot be used: %s".formatted(plugin.name(), e.getMessage())));
        }
    }

    private static void taken(Plugin plugin, Plugin other) {
        for (Object mine : plugin.providers()) {
            for (Object theirs : other.providers()) {
                if (describe(mine).equals(describe(theirs))) {
                    throw new SettingsException("%s is provided by %s of module %s already; remove one of them"
                            .formatted(
                                    describe(mine),
                                    theirs.getClass().getName(),
                                    module(theirs.getClass().getModule())));
                }
            }
        }
    }

    /** Returns what a provider provides, such as {@code mixer 'mamba2'}. */
    public static String describe(Object provider) {
        return switch (provider) {
            case MixerProvider mixer -> "mixer '%s'".formatted(mixer.name());
            case ModelFamily family -> "model family '%s'".formatted(family.name());
            case DeviceProvider device -> "device '%s'".formatted(device.name());
            case StageProvider stage -> "stage '%s'".formatted(stage.name());
            case LossProvider loss -> "loss '%s'".formatted(loss.name());
            case OptimizerProvider optimizer -> "optimizer '%s'".formatted(optimizer.name());
            case ScheduleProvider schedule -> "schedule '%s'".formatted(schedule.name());
            case DataProvider data -> "data '%s'".formatted(data.name());
            case DatasetGenerator generator -> "data set '%s'".formatted(generator.name());
            default -> provider.getClass().getName();
        };
    }

    /** Returns the plugins in the order in which they were found, broken ones too. */
    public List<Plugin> plugins() {
        return plugins;
    }

    /** Returns what the usable plugins provide. */
    public List<Object> providers() {
        return plugins.stream().flatMap(plugin -> plugin.providers().stream()).toList();
    }

    /** Returns why plugins cannot be used; nothing if all can. */
    public List<String> problems() {
        return plugins.stream().flatMap(plugin -> plugin.problem().stream()).toList();
    }
}
