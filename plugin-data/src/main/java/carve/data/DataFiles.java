package carve.data;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.List;
import java.util.stream.Stream;

/** The files that settings name: files, folders with all that is in them, and globs. */
final class DataFiles {
    private static final String GLOB = "*?[{";

    private DataFiles() {}

    /**
     * Returns the files of a key, a name or a list of names; those of each name in the order of their paths.
     *
     * @throws SettingsException if a name has no files
     */
    static List<DataFile> of(Settings settings, String key) {
        List<String> names = settings.node(key) instanceof SettingsNode.Scalar
                ? List.of(settings.string(key))
                : settings.strings(key);
        if (names.isEmpty() || names.contains("")) {
            throw settings.error(key, "must name a file, a folder or a glob such as corpus/*.txt, or a list of them");
        }
        return names.stream()
                .flatMap(name -> find(settings, key, name).stream())
                .distinct()
                .map(DataFile::of)
                .toList();
    }

    private static List<Path> find(Settings settings, String key, String name) {
        int wildcard = wildcard(name);
        String base = wildcard < 0 ? name : name.substring(0, name.lastIndexOf('/', wildcard) + 1);
        Path path = Path.of(base);
        if (wildcard < 0 && Files.isRegularFile(path)) {
            return List.of(path);
        }
        if (!base.isEmpty() && !Files.isDirectory(path)) {
            throw settings.error(
                    key,
                    "names '%s', but there is no %s".formatted(name, wildcard < 0 ? "such file" : "folder " + path));
        }
        List<Path> files = walk(path, wildcard < 0 ? _ -> true : matcher(name.substring(base.length())));
        if (files.isEmpty()) {
            throw settings.error(key, "names '%s', but no file is there".formatted(name));
        }
        return files;
    }

    private static int wildcard(String name) {
        int first = 0;
        while (first < name.length() && GLOB.indexOf(name.charAt(first)) < 0) {
            first++;
        }
        return first == name.length() ? -1 : first;
    }

    // as in a shell, **/ is any number of folders, none too
    private static PathMatcher matcher(String glob) {
        PathMatcher whole = FileSystems.getDefault().getPathMatcher("glob:" + glob);
        PathMatcher inside = FileSystems.getDefault()
                .getPathMatcher("glob:" + (glob.startsWith("**/") ? glob.substring("**/".length()) : glob));
        return path -> whole.matches(path) || inside.matches(path);
    }

    private static List<Path> walk(Path folder, PathMatcher matcher) {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(file -> matcher.matches(folder.relativize(file)))
                    .filter(file -> !isHidden(folder.relativize(file)))
                    .filter(Files::isRegularFile)
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new SettingsException("%s: cannot be read: %s".formatted(folder, e.getMessage()), e);
        }
    }

    private static boolean isHidden(Path relative) {
        for (Path part : relative) {
            if (part.toString().startsWith(".") && !part.toString().isEmpty()) {
                return true;
            }
        }
        return false;
    }
}
