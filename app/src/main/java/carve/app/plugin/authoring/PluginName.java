package carve.app.plugin.authoring;

import carve.api.config.SettingsException;
import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;
import javax.lang.model.SourceVersion;

/**
 * The name of a new plugin, and the names that come from it.
 *
 * @param name by which plans and recipes know it, such as {@code long-memory}
 * @param packageName of its package and module, such as {@code org.example.longmemory}
 */
public record PluginName(String name, String packageName) {
    /**
     * Checks both.
     *
     * @throws SettingsException if one of them cannot be
     */
    public PluginName {
        if (!name.matches("[a-z][a-z0-9]*(-[a-z0-9]+)*")) {
            throw new SettingsException(
                    "the name of a plugin is words of a-z and 0-9 with dashes between, such as long-memory; found '%s'"
                            .formatted(name));
        }
        if (!SourceVersion.isName(packageName) || !packageName.contains(".")) {
            throw new SettingsException(
                    "the package of a plugin is two words or more with dots between, such as org.example.memory; found '%s'"
                            .formatted(packageName));
        }
        if (packageName.startsWith("carve.") || packageName.startsWith("java.")) {
            throw new SettingsException("the package '%s' is another's; choose one of your own, such as org.example.%s"
                    .formatted(packageName, name.replace("-", "")));
        }
    }

    /** Returns a name with a package under {@code org.example}. */
    public static PluginName of(String name) {
        return new PluginName(name, "org.example." + name.replaceAll("[^a-z0-9_]", ""));
    }

    /** Returns the name of its class: {@code LongMemory} of {@code long-memory}. */
    public String className() {
        return Arrays.stream(name.split("-"))
                .map(word -> word.substring(0, 1).toUpperCase(Locale.ROOT) + word.substring(1))
                .collect(Collectors.joining());
    }

    /** Returns the folder of its package. */
    public String path() {
        return packageName.replace('.', '/');
    }
}
