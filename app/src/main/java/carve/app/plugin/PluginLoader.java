package carve.app.plugin;

import carve.runtime.catalog.Catalogs;
import java.util.ArrayList;
import java.util.List;
import java.util.ServiceConfigurationError;

/**
 * The loader of plugins: checks, layer, providers.
 *
 * <p>A plugin that fails is reported and does not affect others.
 *
 * @param parent the layer over which those of plugins are
 */
record PluginLoader(ModuleLayer parent) {
    /** Loads a plugin from its folder. */
    LoadedPlugin load(PluginFiles source, PluginLockFile lock) {
        return load(source, source, lock, List.of());
    }

    /**
     * Loads a plugin.
     *
     * @param source its files in the plugin folder
     * @param files the files that are loaded: those, or a copy of them
     * @param lock the lock file of the plugin folder
     * @param held resources that are closed after it
     */
    LoadedPlugin load(PluginFiles source, PluginFiles files, PluginLockFile lock, List<AutoCloseable> held) {
        Plugin found = new Plugin(
                source.name(), source.folder().toString(), PluginState.INSTALLED, List.of(), List.of(), List.of());
        if (source.disabled()) {
            return new LoadedPlugin(found.in(PluginState.STOPPED), held);
        }
        List<PluginProblem> problems = PluginChecks.of(files, found.origin(), lock, parent);
        Plugin checked = found.with(problems);
        if (checked.broken()) {
            return new LoadedPlugin(checked, held);
        }
        try {
            PluginLayer layer = PluginLayer.of(files, parent);
            List<AutoCloseable> all = new ArrayList<>(List.of(layer));
            all.addAll(held);
            return new LoadedPlugin(start(checked, layer.layer()), all);
        } catch (PluginException e) {
            PluginProblem unfit = PluginProblem.error(
                    source.name(), "see what they require", "its modules do not fit together: %s", e.getMessage());
            return new LoadedPlugin(checked.with(List.of(unfit)), held);
        }
    }

    private static Plugin start(Plugin plugin, ModuleLayer layer) {
        List<String> modules =
                layer.modules().stream().map(ServiceProviders::module).sorted().toList();
        Plugin resolved =
                new Plugin(plugin.name(), plugin.origin(), PluginState.RESOLVED, modules, List.of(), plugin.problems());
        try {
            List<Object> providers = ServiceProviders.loadAll(layer);
            providers.forEach(ServiceProviders::describe);
            Catalogs.of(providers);
            return new Plugin(
                    plugin.name(), plugin.origin(), PluginState.ACTIVE, modules, providers, plugin.problems());
        } catch (ServiceConfigurationError | LinkageError | RuntimeException e) {
            return resolved.with(List.of(failure(plugin.name(), e)));
        }
    }

    private static PluginProblem failure(String name, Throwable e) {
        String help = "ask its author, or run `carve plugins disable %s`".formatted(name);
        return PluginProblem.error(name, help, "cannot be started: %s", reason(e));
    }

    private static String reason(Throwable e) {
        boolean speaks = e instanceof ServiceConfigurationError || e instanceof carve.api.config.SettingsException;
        String cause = e.getCause() == null || e instanceof carve.api.config.SettingsException
                ? ""
                : " (" + e.getCause() + ")";
        return (speaks ? e.getMessage() : e.toString()) + cause;
    }
}
