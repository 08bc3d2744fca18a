package carve.app.plugin;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The files of a plugin.
 *
 * @param name the name of the plugin
 * @param folder where its files are
 */
record PluginFiles(String name, Path folder) {
    /** The name of the folder in a plugin's that holds plain jars. */
    static final String LIBRARIES = "lib";

    /** The file that disables a plugin while it exists. */
    static final String DISABLED = "disabled";

    /** The file whose change makes running processes reload a plugin. */
    static final String RELOAD = ".reload";

    private static final String JAR = ".jar";

    /**
     * Returns the plugins of a folder, by name, without folders whose names begin with a dot. A missing folder is
     * empty.
     */
    static List<PluginFiles> scan(Path folder) {
        return list(folder).stream()
                .filter(Files::isDirectory)
                .map(path -> new PluginFiles(path.getFileName().toString(), path))
                .filter(source -> !source.name.startsWith("."))
                .toList();
    }

    /** Returns the jars that are to be modules. */
    List<Path> jars() {
        return jars(folder);
    }

    /** Returns the jars that are to be modules, to be checked. */
    List<JarSource> moduleSources() {
        return jars().stream()
                .map(jar -> (JarSource) new JarSource.OfFile(jar.getFileName().toString(), jar))
                .toList();
    }

    /** Returns the jars on the plugin's class path, to be checked. */
    List<JarSource> librarySources() {
        return libraries().stream()
                .map(jar -> (JarSource) new JarSource.OfFile(LIBRARIES + "/" + jar.getFileName(), jar))
                .toList();
    }

    /** Returns the jars on the plugin's class path. */
    List<Path> libraries() {
        return jars(folder.resolve(LIBRARIES));
    }

    boolean disabled() {
        return Files.exists(folder.resolve(DISABLED));
    }

    /** Returns all files but the markers of commands, with paths relative to the folder. */
    List<Path> files() {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(folder::relativize)
                    .filter(path -> !path.toString().equals(DISABLED)
                            && !path.getFileName().toString().startsWith("."))
                    .sorted()
                    .toList();
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(folder, e);
        }
    }

    /** Returns a fingerprint of the plugin's files: paths, lengths and times. */
    String fingerprint() {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .sorted()
                    .map(PluginFiles::stamp)
                    .collect(Collectors.joining("\n", folder + "\n", ""));
        } catch (IOException | UncheckedIOException e) {
            return "changing"; // a file went while the folder was read, so another look will follow
        }
    }

    private static String stamp(Path file) {
        try {
            var attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return "%s %d %s %s"
                    .formatted(file, attributes.size(), attributes.lastModifiedTime(), attributes.fileKey());
        } catch (IOException e) {
            return file + " gone";
        }
    }

    private static List<Path> jars(Path folder) {
        return list(folder).stream()
                .filter(file -> isJar(file.getFileName().toString()) && Files.isRegularFile(file))
                .toList();
    }

    /** Returns whether a file of this name is a jar of a plugin; hidden files are not, as the lock does not name them. */
    static boolean isJar(String name) {
        return name.endsWith(JAR) && !name.startsWith(".");
    }

    private static List<Path> list(Path folder) {
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.sorted().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | UncheckedIOException e) {
            throw unreadable(folder, e);
        }
    }

    private static PluginException unreadable(Path folder, Exception e) {
        return new PluginException("%s cannot be listed: %s".formatted(folder, e.getMessage()), e);
    }
}
