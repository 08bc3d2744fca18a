package carve.app.plugin;

import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.FindException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.lang.module.ResolutionException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Makes a module layer of the folder of a plugin. */
final class PluginFolder {
    private static final String API = "carve.api";

    private PluginFolder() {}

    /**
     * Returns a layer with the modules of a folder over a parent.
     *
     * @throws PluginException if the folder has no modules, they cannot be resolved, or they were compiled against another
     *     version of the API
     */
    static ModuleLayer layer(String name, Path folder, ModuleLayer parent) {
        List<Path> jars = jars(folder);
        if (jars.isEmpty()) {
            throw new PluginException("plugin '%s' has no jar in %s".formatted(name, folder));
        }
        try {
            ModuleFinder finder = ModuleFinder.of(jars.toArray(Path[]::new));
            Set<ModuleReference> found = finder.findAll();
            checkApi(name, found, parent);
            Set<String> roots =
                    found.stream().map(module -> module.descriptor().name()).collect(Collectors.toSet());
            Configuration configuration = parent.configuration().resolve(finder, ModuleFinder.of(), roots);
            return define(name, configuration, parent, jars(folder.resolve("lib")));
        } catch (FindException | ResolutionException | LayerInstantiationException e) {
            throw new PluginException("plugin '%s' cannot be resolved: %s".formatted(name, e.getMessage()), e);
        }
    }

    private static ModuleLayer define(
            String name, Configuration configuration, ModuleLayer parent, List<Path> libraries) {
        URL[] urls = libraries.stream().map(PluginFolder::url).toArray(URL[]::new);
        // lives as long as the layer, which is never taken down
        var loader = new URLClassLoader("plugin " + name, urls, ClassLoader.getPlatformClassLoader());
        var controller = ModuleLayer.defineModulesWithOneLoader(configuration, List.of(parent), loader);
        for (Module module : controller.layer().modules()) {
            controller.addReads(module, loader.getUnnamedModule());
            allowNative(controller, module);
        }
        return controller.layer();
    }

    @SuppressWarnings("restricted")
    private static void allowNative(ModuleLayer.Controller controller, Module module) {
        if (PluginFolder.class.getModule().isNativeAccessEnabled()) {
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

    private static List<Path> jars(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".jar"))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new PluginException("%s cannot be listed: %s".formatted(folder, e.getMessage()), e);
        }
    }

    private static void checkApi(String name, Set<ModuleReference> modules, ModuleLayer parent) {
        String ours = parent.findModule(API)
                .map(Module::getDescriptor)
                .flatMap(ModuleDescriptor::rawVersion)
                .orElse("");
        Set<String> theirs = new TreeSet<>();
        for (ModuleReference module : modules) {
            module.descriptor().requires().stream()
                    .filter(requires -> requires.name().equals(API))
                    .flatMap(requires -> requires.rawCompiledVersion().stream())
                    .forEach(theirs::add);
        }
        for (String version : theirs) {
            if (!ours.isEmpty() && !line(version).equals(line(ours))) {
                throw new PluginException(
                        "plugin '%s' was compiled against %s %s; this is %s".formatted(name, API, version, ours));
            }
        }
    }

    // versions of a line are compatible: 2 of 2.1.0, 0.3 of 0.3.1
    private static List<String> line(String version) {
        String[] parts = version.split("[.+-]");
        List<String> line = new ArrayList<>(List.of(parts[0]));
        if (parts[0].equals("0") && parts.length > 1) {
            line.add(parts[1]);
        }
        return line;
    }
}
