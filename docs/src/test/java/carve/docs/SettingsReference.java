package carve.docs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigValue;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Tables of settings with their defaults and comments, made from the files that hold the defaults. */
final class SettingsReference {
    private final StringBuilder page = new StringBuilder();

    SettingsReference(String introduction) {
        page.append(introduction);
    }

    /** Adds a section with the settings of a file. */
    SettingsReference with(String title, Path file) {
        Config config = ConfigFactory.parseFile(file.toFile()).resolve();
        page.append("\n## ").append(title).append("\n");
        section("", config.root());
        return this;
    }

    private void section(String path, ConfigObject object) {
        List<Map.Entry<String, ConfigValue>> entries = inOrder(object);
        List<Map.Entry<String, ConfigValue>> values =
                entries.stream().filter(entry -> !isSection(entry.getValue())).toList();
        if (!values.isEmpty()) {
            page.append("\n| ")
                    .append(path.isEmpty() ? "key" : "`" + path + "`")
                    .append(" | default | meaning |\n| --- | --- | --- |\n");
            values.forEach(entry -> row(entry.getKey(), entry.getValue()));
        }
        for (Map.Entry<String, ConfigValue> entry : entries) {
            if (isSection(entry.getValue())) {
                String inner = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
                String comment = comment(entry.getValue());
                if (!comment.isEmpty()) {
                    page.append("\n`")
                            .append(inner)
                            .append("`: ")
                            .append(comment)
                            .append("\n");
                }
                section(inner, (ConfigObject) entry.getValue());
            }
        }
    }

    private static boolean isSection(ConfigValue value) {
        return value instanceof ConfigObject object && !object.isEmpty();
    }

    private static List<Map.Entry<String, ConfigValue>> inOrder(ConfigObject object) {
        return object.entrySet().stream()
                .sorted(Comparator.comparingInt((Map.Entry<String, ConfigValue> entry) ->
                                entry.getValue().origin().lineNumber())
                        .thenComparing(Map.Entry.comparingByKey()))
                .toList();
    }

    private void row(String key, ConfigValue value) {
        page.append("| `%s` | `%s` | %s |\n".formatted(key, shown(value), comment(value)));
    }

    private static String shown(ConfigValue value) {
        String text = value instanceof ConfigList || value instanceof ConfigObject
                ? value.render(ConfigRenderOptions.concise())
                : value.unwrapped().toString();
        return text.isEmpty() ? "\"\"" : text.replace("|", "\\|");
    }

    private static String comment(ConfigValue value) {
        List<String> lines =
                value.origin().comments().stream().map(String::strip).toList();
        return String.join(" ", lines).replace("|", "\\|").replace("<", "&lt;");
    }

    String page() {
        return page.toString();
    }
}
