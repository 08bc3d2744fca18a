package carve.app.plugin;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The plugins of the program: providers of its own layer and of plugin folders. Immutable. */
public final class PluginSet {
    private final List<Plugin> plugins;

    private PluginSet(List<Plugin> plugins) {
        this.plugins = List.copyOf(plugins);
    }

    /**
     * Loads the plugins in folders, each of which has a folder for each plugin. The earlier one of two that provide the
     * same name stays. Missing folders are empty. Plugins stay loaded until the process ends; long-running processes
     * use {@link ReloadablePlugins}.
     *
     * @param builtIn providers that the program itself brings
     * @param folders folders of plugins
     */
    public static PluginSet load(List<Object> builtIn, List<Path> folders) {
        List<Plugin> plugins = new ArrayList<>(builtInPlugins(builtIn));
        PluginLoader loader = new PluginLoader(ModuleLayer.boot());
        Map<String, String> seen = new HashMap<>();
        for (Path folder : folders) {
            FolderLock.awaitUnlocked(folder);
            PluginLockFile lock = PluginLockFile.read(folder);
            List<PluginFiles> sources = PluginFiles.scan(folder);
            // in parallel: most of the time is reading jars, and plugins are independent
            plugins.addAll(sources.parallelStream()
                    .map(source -> seen.containsKey(source.name())
                            ? duplicate(source, seen.get(source.name()))
                            : loader.load(source, lock).plugin())
                    .toList());
            sources.stream()
                    .filter(source -> !source.disabled())
                    .forEach(source ->
                            seen.putIfAbsent(source.name(), source.folder().toString()));
        }
        return of(plugins);
    }

    /** Returns the parts of the program that are plugins. */
    static List<Plugin> builtInPlugins(List<Object> builtIn) {
        List<Plugin> plugins = new ArrayList<>();
        String module = ServiceProviders.module(PluginSet.class.getModule());
        plugins.add(Plugin.active("carve", "the program", List.of(module), builtIn));
        plugins.addAll(ServiceProviders.plugins(ModuleLayer.boot()));
        return plugins;
    }

    /** Returns a plugin that is not loaded because another folder has one of its name. */
    static Plugin duplicate(PluginFiles source, String first) {
        PluginProblem pluginProblem = PluginProblem.error(
                source.name(), "remove or disable one of them", "there is a plugin of this name in %s already", first);
        return new Plugin(
                source.name(),
                source.folder().toString(),
                PluginState.INSTALLED,
                List.of(),
                List.of(),
                List.of(pluginProblem));
    }

    /** Returns a set of plugins; of two that provide the same, the later one is excluded. */
    static PluginSet of(List<Plugin> plugins) {
        Map<String, Plugin> taken = new HashMap<>();
        List<Plugin> accepted = new ArrayList<>();
        for (Plugin plugin : plugins) {
            List<PluginProblem> conflicts = conflicts(plugin, taken);
            if (conflicts.isEmpty()) {
                plugin.providers().forEach(provider -> taken.put(describe(provider), plugin));
                accepted.add(plugin);
            } else {
                List<PluginProblem> problems = new ArrayList<>(plugin.problems());
                problems.addAll(conflicts);
                accepted.add(new Plugin(
                        plugin.name(), plugin.origin(), PluginState.RESOLVED, plugin.modules(), List.of(), problems));
            }
        }
        return new PluginSet(accepted);
    }

    private static List<PluginProblem> conflicts(Plugin plugin, Map<String, Plugin> taken) {
        List<PluginProblem> conflicts = new ArrayList<>();
        for (Object provider : plugin.providers()) {
            Plugin other = taken.get(describe(provider));
            if (other != null) {
                conflicts.add(PluginProblem.error(
                        plugin.name(),
                        "remove or disable one of them",
                        "%s is provided by plugin '%s' already (%s, %s)",
                        describe(provider),
                        other.name(),
                        String.join(", ", other.modules()),
                        other.origin()));
            }
        }
        return conflicts;
    }

    /** Returns a description of a provider, such as {@code mixer 'mamba2'}. */
    public static String describe(Object provider) {
        return ServiceProviders.describe(provider);
    }

    /** Returns the plugins in the order in which they were found, broken ones too. */
    public List<Plugin> plugins() {
        return plugins;
    }

    /** Returns the providers of active plugins. */
    public List<Object> providers() {
        return plugins.stream().flatMap(plugin -> plugin.providers().stream()).toList();
    }

    /** Returns the problems of all plugins, sorted by plugin. */
    public List<PluginProblem> allProblems() {
        return plugins.stream()
                .flatMap(plugin -> plugin.problems().stream())
                .sorted()
                .toList();
    }

    /** Returns the reasons why plugins cannot be used, one line each. */
    public List<String> problemMessages() {
        return allProblems().stream()
                .filter(PluginProblem::fatal)
                .map(PluginProblem::line)
                .toList();
    }
}
