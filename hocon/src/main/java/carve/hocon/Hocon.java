package carve.hocon;

import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Parses HOCON into settings whose values know where they were written, {@code file: line}.
 *
 * <p>Substitutions are resolved, from the environment too. A key whose value is {@code null} is not there. Keys of a section
 * come in the order of their lines.
 */
public final class Hocon {
    private static final Pattern LINES = Pattern.compile("(: \\d+)-\\d+$");

    // the first part of the path in a substitution
    private static final Pattern REFERENCE = Pattern.compile("\\$\\{\\??([^.}]+)[.}]");

    private Hocon() {}

    /**
     * Returns the settings of a file; it may include files in its folder, and nothing else.
     *
     * @throws SettingsException if it is not there, cannot be parsed, or a substitution has no value; the message begins with
     *     file and line
     */
    public static TreeSettings parseFile(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new SettingsException("%s: %s".formatted(file, Files.exists(file) ? "not a file" : "no such file"));
        }
        HoconText text = HoconText.read(file, file.toString());
        Path inFolder = file.getParent() == null ? file.toAbsolutePath() : file;
        return settings(text, ConfigParseOptions.defaults().setIncluder(FolderIncluder.of(inFolder, text)));
    }

    /**
     * Returns the settings of a text, which may not include anything.
     *
     * @param origin what messages call the text, in place of a file
     * @throws SettingsException if it cannot be parsed or a substitution has no value
     */
    public static TreeSettings parse(String text, String origin) {
        return settings(new HoconText(text, origin));
    }

    /**
     * Returns the settings of a module's resource, if the module has it. Of an unnamed module the resources of this name in
     * all its jars are taken together.
     *
     * @param name the resource's path, such as {@code reference.conf}
     * @throws SettingsException if it cannot be parsed or a substitution has no value
     */
    public static Optional<TreeSettings> parseResource(Module module, String name) {
        if (!module.isNamed()) {
            return unnamed(module.getClassLoader(), name);
        }
        String origin = module.getName() + "/" + name;
        try (InputStream stream = module.getResourceAsStream(name)) {
            return stream == null ? Optional.empty() : Optional.of(parse(stream, origin));
        } catch (IOException e) {
            throw new SettingsException("%s: cannot be read: %s".formatted(origin, e.getMessage()), e);
        }
    }

    private static TreeSettings parse(InputStream stream, String origin) throws IOException {
        return settings(HoconText.read(stream, origin));
    }

    private static Optional<TreeSettings> unnamed(ClassLoader loader, String name) {
        var all = new ArrayList<SettingsNode.Section>();
        try {
            for (var url : loader.resources(name).toList()) {
                try (InputStream stream = url.openStream()) {
                    all.add(parse(stream, url.toString()).asTree());
                }
            }
        } catch (IOException e) {
            throw new SettingsException("%s: cannot be read: %s".formatted(name, e.getMessage()), e);
        }
        return all.stream().reduce(SettingsNode.Section::over).map(TreeSettings::new);
    }

    private static TreeSettings settings(HoconText text) {
        return settings(text, ConfigParseOptions.defaults().setIncluder(FolderIncluder.none(text)));
    }

    private static TreeSettings settings(HoconText text, ConfigParseOptions options) {
        try {
            Config parsed = text.parse(options);
            ExpansionCheck.run(parsed);
            return new TreeSettings(section(parsed.resolve().root(), text.origin()), referred(parsed));
        } catch (ConfigException e) {
            throw new SettingsException(e.getMessage(), e);
        } catch (StackOverflowError e) {
            // what is checked before does not bound every recursion of the library
            throw new SettingsException(text.origin() + ": values are nested too deeply", e);
        }
    }

    // what a substitution refers to is read by it, and need not be read again
    private static Set<String> referred(Config unresolved) {
        return REFERENCE
                .matcher(unresolved.root().render(ConfigRenderOptions.concise()))
                .results()
                .map(match -> match.group(1))
                .collect(Collectors.toSet());
    }

    private static SettingsNode.Section section(ConfigObject object, String origin) {
        Map<String, SettingsNode> members = new LinkedHashMap<>();
        object.entrySet().stream()
                .filter(entry -> entry.getValue().valueType() != ConfigValueType.NULL)
                .sorted(Comparator.comparingInt((Map.Entry<String, ConfigValue> entry) -> line(entry.getValue()))
                        .thenComparing(Map.Entry.comparingByKey()))
                .forEach(entry -> members.put(entry.getKey(), node(entry.getValue())));
        return new SettingsNode.Section(members, origin);
    }

    private static int line(ConfigValue value) {
        return value.origin().lineNumber();
    }

    private static SettingsNode node(ConfigValue value) {
        String origin = origin(value.origin());
        return switch (value) {
            case ConfigObject object -> section(object, origin);
            case ConfigList list -> new SettingsNode.Items(items(list), origin);
            default -> new SettingsNode.Scalar(value.unwrapped(), origin);
        };
    }

    private static List<SettingsNode> items(ConfigList list) {
        return list.stream()
                .filter(item -> item.valueType() != ConfigValueType.NULL)
                .map(Hocon::node)
                .toList();
    }

    private static String origin(ConfigOrigin origin) {
        return place(origin.description());
    }

    /** Returns file and line of a place; of a section that was written in several places, those where it was first. */
    static String place(String description) {
        String merged = "merge of ";
        String first = description.startsWith(merged)
                ? description.substring(merged.length()).split(",", 2)[0]
                : description;
        return LINES.matcher(first).replaceFirst("$1");
    }
}
