package carve.app.plugin.authoring;

import carve.api.config.SettingsException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.lang.model.SourceVersion;

/**
 * The name of a new plugin, and the package of its classes.
 *
 * @param name the name in plans and recipes, such as {@code long-memory}
 * @param packageName the package, which is also the name of the module, such as {@code org.example.longmemory}
 */
public record PluginName(String name, String packageName) {
    private static final List<String> FOREIGN = List.of("carve.", "java.", "javax.", "jdk.");

    /**
     * Checks both.
     *
     * @throws SettingsException if the name is not words with dashes between, or the package is not a name in Java, has one
     *     word alone, or belongs to Carve or to the JDK
     */
    public PluginName {
        requireName(name);
        if (!SourceVersion.isName(packageName) || !packageName.contains(".")) {
            throw new SettingsException(
                    "--package must be two words or more with dots between, none of them a keyword of Java, such as org.example.memory; found '%s'"
                            .formatted(packageName));
        }
        if (FOREIGN.stream().anyMatch(packageName::startsWith)) {
            throw new SettingsException(
                    "--package '%s' belongs to Carve or to the JDK; choose one of your own, such as org.example.%s"
                            .formatted(packageName, name.replace("-", "")));
        }
    }

    /**
     * Returns a name with a package under {@code org.example}: the name without dashes, with the kind after it where it would
     * be a keyword of Java.
     *
     * @throws SettingsException if the name is not words with dashes between
     */
    public static PluginName of(String name, PluginKind kind) {
        requireName(name);
        String word = name.replace("-", "");
        return new PluginName(name, "org.example." + (SourceVersion.isKeyword(word) ? word + kind.word() : word));
    }

    private static void requireName(String name) {
        if (!name.matches("[a-z][a-z0-9]*(-[a-z0-9]+)*")) {
            throw new SettingsException(
                    "the name of a plugin is words of a-z and 0-9 with dashes between, such as long-memory; found '%s'"
                            .formatted(name));
        }
    }

    /** Returns the name in camel case: {@code LongMemory} of {@code long-memory}. */
    public String camelCase() {
        return Arrays.stream(name.split("-")).map(PluginName::capitalised).collect(Collectors.joining());
    }

    private static String capitalised(String word) {
        return word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1);
    }

    /** Returns the folder of the package's sources. */
    public String path() {
        return packageName.replace('.', '/');
    }
}
