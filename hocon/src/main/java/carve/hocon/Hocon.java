package carve.hocon;

import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
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
     * Returns the settings of a file; it may include files beside it.
     *
     * @throws SettingsException if it is not there, cannot be parsed, or a substitution has no value; the message begins with
     *     file and line
     */
    public static TreeSettings parseFile(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new SettingsException("%s: %s".formatted(file, Files.exists(file) ? "not a file" : "no such file"));
        }
        // beside a name without a folder nothing is looked for that is included
        Path read = file.getParent() == null ? file.toAbsolutePath() : file;
        return settings(file.toString(), () -> ConfigFactory.parseFile(read.toFile(), options(file.toString())));
    }

    /**
     * Returns the settings of a text.
     *
     * @param origin what messages call the text, in place of a file
     * @throws SettingsException if it cannot be parsed or a substitution has no value
     */
    public static TreeSettings parse(String text, String origin) {
        return settings(origin, () -> ConfigFactory.parseString(text, options(origin)));
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
            return stream == null ? Optional.empty() : Optional.of(parse(text(stream), origin));
        } catch (IOException e) {
            throw new SettingsException("%s: cannot be read: %s".formatted(origin, e.getMessage()), e);
        }
    }

    private static Optional<TreeSettings> unnamed(ClassLoader loader, String name) {
        var all = new ArrayList<SettingsNode.Section>();
        try {
            for (var url : loader.resources(name).toList()) {
                try (InputStream stream = url.openStream()) {
                    all.add(parse(text(stream), url.toString()).asTree());
                }
            }
        } catch (IOException e) {
            throw new SettingsException("%s: cannot be read: %s".formatted(name, e.getMessage()), e);
        }
        return all.stream().reduce(SettingsNode.Section::over).map(TreeSettings::new);
    }

    private static String text(InputStream stream) throws IOException {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }

    private static ConfigParseOptions options(String origin) {
        return ConfigParseOptions.defaults().setOriginDescription(origin).setAllowMissing(false);
    }

    private static TreeSettings settings(String origin, Supplier<Config> parse) {
        try {
            Config parsed = parse.get();
            return new TreeSettings(section(parsed.resolve().root(), origin), referred(parsed));
        } catch (ConfigException e) {
            throw new SettingsException(e.getMessage(), e);
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

    // a section that was written in several places is where it was written first
    private static String origin(ConfigOrigin origin) {
        String merged = "merge of ";
        String text = origin.description();
        String first = text.startsWith(merged) ? text.substring(merged.length()).split(",", 2)[0] : text;
        return LINES.matcher(first).replaceFirst("$1");
    }
}
