package carve.runtime.catalog;

import carve.api.config.SettingsException;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;

/** Lists a folder of resources on a class path, over all folders and jars that have it. Jars without entries of folders are not seen. */
final class ClassPathFolder {
    private ClassPathFolder() {}

    /**
     * Returns the paths of the resources in a folder, those below it included.
     *
     * @param folder the folder, ending in a slash
     * @throws SettingsException if one of them cannot be read
     */
    static Stream<String> files(ClassLoader loader, String folder) {
        try {
            return Collections.list(loader.getResources(folder)).stream().flatMap(url -> files(url, folder).stream());
        } catch (IOException e) {
            throw new SettingsException(
                    "%s on the class path cannot be listed: %s".formatted(folder, e.getMessage()), e);
        }
    }

    private static List<String> files(URL url, String folder) {
        try {
            URLConnection connection = url.openConnection();
            connection.setUseCaches(false);
            return connection instanceof JarURLConnection jar
                    ? inJar(jar, folder)
                    : inFolder(Path.of(URI.create(url.toString())), folder);
        } catch (IOException e) {
            throw new SettingsException("%s cannot be listed: %s".formatted(url, e.getMessage()), e);
        }
    }

    private static List<String> inJar(JarURLConnection connection, String folder) throws IOException {
        try (JarFile jar = connection.getJarFile()) {
            return jar.stream()
                    .filter(entry -> !entry.isDirectory())
                    .map(ZipEntry::getName)
                    .filter(name -> name.startsWith(folder))
                    .toList();
        }
    }

    private static List<String> inFolder(Path path, String folder) throws IOException {
        try (Stream<Path> files = Files.walk(path)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder + path.relativize(file).toString().replace('\\', '/'))
                    .toList();
        }
    }
}
