package carve.app.plugin;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The checksums of the files of a folder's plugins: the file {@value #FILE} in the folder.
 *
 * <p>Each line has the SHA-256 of a file, two spaces, and its path from the folder, sorted by path; so {@code sha256sum
 * -c plugins.lock} checks them too. Plugins that the file does not name are not checked. It is written whole, to
 * another name, and renamed.
 *
 * <pre>{@code
 * 5feceb66ffc86f38d952786c6d696c79c2dbc239dd4e91b46729d73a27fb57e9  retention/lib/some-library-2.3.jar
 * 6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b  retention/retention-1.0.jar
 * }</pre>
 */
final class PluginLockFile {
    /** The name of the file. */
    static final String FILE = "plugins.lock";

    private static final Pattern LINE = Pattern.compile("([0-9a-f]{64})  (\\S.*)");
    private static final String REPAIR = "correct it, or delete the file and run `carve plugins verify --lock`";
    private static final int SHOWN = 12;
    private static final int BLOCK = 1 << 16;

    private final SortedMap<String, String> sums;
    private final List<String> failures;

    private PluginLockFile(SortedMap<String, String> sums, List<String> failures) {
        this.sums = sums;
        this.failures = failures;
    }

    /**
     * Reads the lock file of a plugin folder. Without one nothing is locked; with an invalid one no plugin passes its
     * check.
     */
    static PluginLockFile read(Path folder) {
        Path file = folder.resolve(FILE);
        SortedMap<String, String> sums = new TreeMap<>();
        List<String> failures = new ArrayList<>();
        try {
            List<String> lines = Files.exists(file) ? Files.readAllLines(file) : List.of();
            for (int i = 0; i < lines.size(); i++) {
                Matcher matcher = LINE.matcher(lines.get(i));
                if (matcher.matches()) {
                    sums.put(matcher.group(2), matcher.group(1));
                } else {
                    failures.add("%s: %d: expected a SHA-256, two spaces and a path, found '%s'"
                            .formatted(file, i + 1, lines.get(i)));
                }
            }
        } catch (IOException e) {
            failures.add("%s cannot be read: %s".formatted(file, e));
        }
        return new PluginLockFile(sums, failures);
    }

    /** Returns a lock file without entries. */
    static PluginLockFile empty() {
        return new PluginLockFile(new TreeMap<>(), List.of());
    }

    /** Returns the names of the plugins that are locked. */
    List<String> plugins() {
        return sums.keySet().stream()
                .map(path -> path.split("/", 2)[0])
                .distinct()
                .toList();
    }

    private SortedMap<String, String> of(String plugin) {
        return sums.subMap(plugin + "/", plugin + "0"); // '0' comes after '/'
    }

    /** Returns a fingerprint of the entries of a plugin. */
    String fingerprint(String plugin) {
        return of(plugin) + " " + failures;
    }

    /** Returns this lock file with the current checksums of a plugin. */
    PluginLockFile with(PluginFiles source) throws IOException {
        requireGood();
        SortedMap<String, String> all = without(source.name()).sums;
        all.putAll(sums(source));
        return new PluginLockFile(all, List.of());
    }

    /** Returns this lock without a plugin. */
    PluginLockFile without(String plugin) {
        requireGood();
        SortedMap<String, String> rest = new TreeMap<>(sums);
        rest.keySet().removeAll(List.copyOf(of(plugin).keySet()));
        return new PluginLockFile(rest, List.of());
    }

    private void requireGood() {
        if (!failures.isEmpty()) {
            throw new PluginException(String.join("\n", failures) + "; " + REPAIR);
        }
    }

    /** Writes the lock of a folder. */
    void write(Path folder) throws IOException {
        String text = sums.entrySet().stream()
                .map(entry -> entry.getValue() + "  " + entry.getKey() + "\n")
                .collect(Collectors.joining());
        Path other = folder.resolve("." + FILE);
        Files.writeString(other, text);
        Files.move(other, folder.resolve(FILE), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** Returns how the files of a plugin differ from the lock; nothing if it is not locked. */
    List<PluginProblem> check(PluginFiles source) {
        if (!failures.isEmpty()) {
            return failures.stream()
                    .map(failure -> PluginProblem.error(source.name(), REPAIR, "%s", failure))
                    .toList();
        }
        Map<String, String> expected = of(source.name());
        if (expected.isEmpty()) {
            return List.of();
        }
        try {
            return compare(source.name(), expected, sums(source));
        } catch (IOException e) {
            return List.of(PluginProblem.error(
                    source.name(), "see that its files can be read", "%s cannot be read: %s", source.folder(), e));
        }
    }

    private static List<PluginProblem> compare(String plugin, Map<String, String> expected, Map<String, String> found) {
        String help = "install it again, or run `carve plugins verify %s --lock` if you changed it".formatted(plugin);
        List<PluginProblem> problems = new ArrayList<>();
        expected.forEach((path, sum) -> {
            if (!found.containsKey(path)) {
                problems.add(PluginProblem.error(plugin, help, "%s of %s is missing", path, FILE));
            } else if (!found.get(path).equals(sum)) {
                problems.add(PluginProblem.error(
                        plugin,
                        help,
                        "%s is not the file that %s names: its SHA-256 begins with %s, expected %s",
                        path,
                        FILE,
                        found.get(path).substring(0, SHOWN),
                        sum.substring(0, SHOWN)));
            }
        });
        found.keySet().stream()
                .filter(path -> !expected.containsKey(path))
                .forEach(path -> problems.add(PluginProblem.error(plugin, help, "%s is not in %s", path, FILE)));
        return problems;
    }

    private static SortedMap<String, String> sums(PluginFiles source) throws IOException {
        SortedMap<String, String> sums = new TreeMap<>();
        for (Path file : source.files()) {
            String path = source.name() + "/" + file.toString().replace('\\', '/');
            sums.put(path, sum(source.folder().resolve(file)));
        }
        return sums;
    }

    /** Returns the SHA-256 of a file. */
    static String sum(Path file) throws IOException {
        try (InputStream stream = Files.newInputStream(file)) {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            byte[] block = new byte[BLOCK];
            for (int read = stream.read(block); read >= 0; read = stream.read(block)) {
                digest.update(block, 0, read);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IOException("this Java has no SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return sums.size() + " files of " + plugins();
    }
}
