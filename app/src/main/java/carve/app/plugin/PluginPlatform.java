package carve.app.plugin;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Everything that is plugged in: the providers of the program's own layer and those of plugin folders. Immutable. */
public final class PluginPlatform {
    private final List<Plugin> plugins;

    private PluginPlatform(List<Plugin> plugins) {
        this.plugins = List.copyOf(plugins);
    }

    /**
     * Loads the plugins in folders, each of which has a folder for each plugin. The earlier one of two that provide the same
     * name stays. Folders that are not there count as empty. What is loaded stays until the process ends; {@link
     * LivePlugins} is for processes that see plugins come and go.
     *
     * @param builtIn providers that the program itself brings
     * @param folders where plugins are
     */
    public static PluginPlatform load(List<Object> builtIn, List<Path> folders) {
        List<Plugin> plugins = new ArrayList<>(program(builtIn));
        PluginLoader loader = new PluginLoader(ModuleLayer.boot());
        Map<String, String> seen = new HashMap<>();
        for (Path folder : folders) {
            FolderGuard.settle(folder);
            PluginLock lock = PluginLock.read(folder);
            List<PluginSource> sources = PluginSource.in(folder);
            // side by side: most of it is reading jars, and none knows of another
            plugins.addAll(sources.parallelStream()
                    .map(source -> seen.containsKey(source.name())
                            ? second(source, seen.get(source.name()))
                            : loader.load(source, lock).view())
                    .toList());
            sources.stream()
                    .filter(source -> !source.disabled())
                    .forEach(source ->
                            seen.putIfAbsent(source.name(), source.folder().toString()));
        }
        return of(plugins);
    }

    /** Returns what is a part of the program, as plugins. */
    static List<Plugin> program(List<Object> builtIn) {
        List<Plugin> plugins = new ArrayList<>();
        String module = Providers.module(PluginPlatform.class.getModule());
        plugins.add(Plugin.active("carve", "the program", List.of(module), builtIn));
        plugins.addAll(Providers.plugins(ModuleLayer.boot()));
        return plugins;
    }

    /** Returns a plugin that is not loaded because another folder has one of its name. */
    static Plugin second(PluginSource source, String first) {
        Problem problem = Problem.error(
                source.name(), "remove or disable one of them", "there is a plugin of this name in %s already", first);
        return new Plugin(
                source.name(),
                source.folder().toString(),
                PluginState.INSTALLED,
                List.of(),
                List.of(),
                List.of(problem));
    }

    /** Returns the platform of plugins; of two that provide the same, the later one is left out. */
    static PluginPlatform of(List<Plugin> plugins) {
        Map<String, Plugin> taken = new HashMap<>();
        List<Plugin> accepted = new ArrayList<>();
        for (Plugin plugin : plugins) {
            List<Problem> conflicts = conflicts(plugin, taken);
            if (conflicts.isEmpty()) {
                plugin.providers().forEach(provider -> taken.put(describe(provider), plugin));
                accepted.add(plugin);
            } else {
                List<Problem> problems = new ArrayList<>(plugin.problems());
                problems.addAll(conflicts);
                accepted.add(new Plugin(
                        plugin.name(), plugin.origin(), PluginState.RESOLVED, plugin.modules(), List.of(), problems));
            }
        }
        return new PluginPlatform(accepted);
    }

    private static List<Problem> conflicts(Plugin plugin, Map<String, Plugin> taken) {
        List<Problem> conflicts = new ArrayList<>();
        for (Object provider : plugin.providers()) {
            Plugin other = taken.get(describe(provider));
            if (other != null) {
                conflicts.add(Problem.error(
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

    /** Returns what a provider provides, such as {@code mixer 'mamba2'}. */
    public static String describe(Object provider) {
        return Providers.describe(provider);
    }

    /** Returns the plugins in the order in which they were found, broken ones too. */
    public List<Plugin> plugins() {
        return plugins;
    }

    /** Returns what the active plugins provide. */
    public List<Object> providers() {
        return plugins.stream().flatMap(plugin -> plugin.providers().stream()).toList();
    }

    /** Returns all that is wrong with plugins, by plugin. */
    public List<Problem> findings() {
        return plugins.stream()
                .flatMap(plugin -> plugin.problems().stream())
                .sorted()
                .toList();
    }

    /** Returns why plugins cannot be used, one line for each reason; nothing if all can. */
    public List<String> problems() {
        return findings().stream().filter(Problem::fatal).map(Problem::line).toList();
    }
}
