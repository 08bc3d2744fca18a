package carve.app.plugin;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * An installable package of a plugin: the jar of its module, a folder with jars and {@code lib/}, or a zip of such a
 * folder. Its jars can be checked where they are; nothing is written before {@link #unpack}.
 */
sealed interface PluginPackage extends AutoCloseable permits PluginPackage.Jar, PluginPackage.Folder, ZipPackage {
    /** The rule for the names of plugins. */
    Pattern NAME = Pattern.compile("[a-z][a-z0-9-]*");

    /**
     * Opens a package.
     *
     * @throws PluginException if it is none of the three, or a zip that must not be unpacked
     * @throws IOException if it cannot be read
     */
    static PluginPackage open(Path file) throws IOException {
        String name = file.toString();
        if (Files.isDirectory(file)) {
            return new Folder(file);
        }
        if (!Files.isRegularFile(file)) {
            throw new PluginException(
                    "%s: no such file; name a jar, a folder with jars, or a zip of it".formatted(file));
        }
        if (name.endsWith(".jar")) {
            return new Jar(file);
        }
        if (name.endsWith(".zip")) {
            return ZipPackage.open(file, ZipPackage.MAX_BYTES);
        }
        throw new PluginException("%s: neither a jar nor a folder with jars nor a zip of it".formatted(file));
    }

    /** The jar, folder or zip. */
    Path file();

    /** Returns the jars that are to be modules. */
    List<JarSource> modules();

    /** Returns the jars on the plugin's class path. */
    List<JarSource> libraries();

    /** Copies or unpacks it into a folder. */
    void unpack(Path folder) throws IOException;

    @Override
    default void close() throws IOException {}

    /** The jar of a plugin's module. */
    record Jar(Path file) implements PluginPackage {
        @Override
        public List<JarSource> modules() {
            return List.of(new JarSource.OfFile(file.getFileName().toString(), file));
        }

        @Override
        public List<JarSource> libraries() {
            return List.of();
        }

        @Override
        public void unpack(Path folder) throws IOException {
            Files.createDirectories(folder);
            Files.copy(file, folder.resolve(file.getFileName()));
        }
    }

    /** A folder with jars and {@code lib/}. */
    record Folder(Path file) implements PluginPackage {
        @Override
        public List<JarSource> modules() {
            return new PluginFiles("unnamed", file).moduleSources();
        }

        @Override
        public List<JarSource> libraries() {
            return new PluginFiles("unnamed", file).librarySources();
        }

        @Override
        public void unpack(Path folder) throws IOException {
            FileTrees.copy(file, folder);
        }
    }

    /**
     * Returns the name of the plugin: the attribute {@value InspectedJar#PLUGIN_NAME} of a jar's manifest, else the name of
     * the jar, folder or zip without its version, else the last word of its module's name, whichever is a valid name first.
     *
     * @throws PluginException if none of them is a plugin's name
     */
    default String name() {
        List<InspectedJar> jars = modules().stream().map(InspectedJar::module).toList();
        Optional<String> told =
                jars.stream().flatMap(jar -> jar.plugin().stream()).findFirst();
        if (told.isPresent()) {
            return requireName(told.get());
        }
        String own = nameOf(file());
        return requireName(NAME.matcher(own).matches() ? own : lastWord(jars).orElse(own));
    }

    private static String nameOf(Path file) {
        return file.toAbsolutePath()
                .normalize()
                .getFileName()
                .toString()
                .replaceFirst("\\.(jar|zip)$", "")
                .replaceFirst("-[0-9]+\\.[0-9].*$", "");
    }

    private static Optional<String> lastWord(List<InspectedJar> jars) {
        return jars.stream()
                .flatMap(jar -> jar.descriptor().stream())
                .min(Comparator.comparing(
                                (ModuleDescriptor found) -> found.provides().isEmpty())
                        .thenComparing(ModuleDescriptor::name))
                .map(found -> found.name().substring(found.name().lastIndexOf('.') + 1));
    }

    /** Returns a name if it is valid for a plugin. */
    static String requireName(String name) {
        if (!NAME.matcher(name).matches()) {
            throw new PluginException(
                    "'%s' cannot be the name of a plugin, which has lower-case letters, digits and dashes; choose another with --name"
                            .formatted(name));
        }
        return name;
    }
}
