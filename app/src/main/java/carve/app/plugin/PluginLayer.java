package carve.app.plugin;

import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolutionException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The module layer of a plugin, with its private class path.
 *
 * @param layer the modules
 * @param libraries loads what is in {@code lib/}
 */
record PluginLayer(ModuleLayer layer, URLClassLoader libraries) implements AutoCloseable {
    /**
     * Makes a layer over a parent of jars that have passed the checks.
     *
     * @throws PluginException if modules do not fit together in a way that the checks do not know
     */
    static PluginLayer of(PluginFiles source, ModuleLayer parent) {
        try {
            ModuleFinder finder = ModuleFinder.of(source.jars().toArray(Path[]::new));
            Set<String> roots = finder.findAll().stream()
                    .map(module -> module.descriptor().name())
                    .collect(Collectors.toSet());
            Configuration configuration = parent.configuration().resolve(finder, ModuleFinder.of(), roots);
            return define(source, configuration, parent);
        } catch (FindException | ResolutionException | LayerInstantiationException e) {
            throw new PluginException(e.getMessage(), e);
        }
    }

    private static PluginLayer define(PluginFiles source, Configuration configuration, ModuleLayer parent) {
        URL[] urls = source.libraries().stream().map(PluginLayer::url).toArray(URL[]::new);
        var loader = new URLClassLoader("plugin " + source.name(), urls, ClassLoader.getPlatformClassLoader());
        var controller = ModuleLayer.defineModulesWithOneLoader(configuration, List.of(parent), loader);
        for (Module module : controller.layer().modules()) {
            controller.addReads(module, loader.getUnnamedModule());
            allowNative(controller, module);
        }
        return new PluginLayer(controller.layer(), loader);
    }

    @SuppressWarnings("restricted")
    private static void allowNative(ModuleLayer.Controller controller, Module module) {
        if (PluginLayer.class.getModule().isNativeAccessEnabled()) {
            controller.enableNativeAccess(module);
        }
    }

    private static URL url(Path jar) {
        try {
            return jar.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new PluginException("%s cannot be on a class path: %s".formatted(jar, e.getMessage()), e);
        }
    }

    /** Closes the jars on the class path; classes that are loaded stay until nothing refers to them. */
    @Override
    public void close() {
        try {
            libraries.close();
        } catch (IOException e) {
            System.getLogger(PluginLayer.class.getModule().getName())
                    .log(System.Logger.Level.DEBUG, "jars of " + libraries.getName() + " could not be closed", e);
        }
    }
}
