package carve.app.command;

import carve.app.plugin.Plugin;
import carve.app.plugin.PluginPlatform;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import carve.app.work.Workshop;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins list}. */
final class PluginsListCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(this, "list", "Show the plugins, what they provide, and which cannot be used and why.")
                .example("carve plugins list")
                .example("carve plugins list --plugins my-plugins")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) {
        Terminal terminal = workshop.terminal();
        PluginPlatform platform = workshop.platform();
        List<String> lines = table(platform).lines();
        terminal.println(lines.getFirst());
        for (int i = 0; i < platform.plugins().size(); i++) {
            terminal.println(lines.get(i + 1));
            provided(platform.plugins().get(i))
                    .forEach((kind, names) ->
                            terminal.println("    %-12s  %s".formatted(kind, String.join(", ", names))));
        }
        List<String> problems = platform.problems();
        problems.forEach(terminal::println);
        if (!problems.isEmpty()) {
            terminal.println("`carve plugins doctor` tells more");
        }
        return 0;
    }

    private static Table table(PluginPlatform platform) {
        Table table = new Table("PLUGIN", "STATE", "MODULE", "FROM");
        platform.plugins()
                .forEach(plugin ->
                        table.row(plugin.name(), plugin.state(), String.join(", ", plugin.modules()), plugin.origin()));
        return table;
    }

    /** Returns the names of what a plugin provides, by kind. */
    static Map<String, Set<String>> provided(Plugin plugin) {
        Map<String, Set<String>> provided = new LinkedHashMap<>();
        for (Object provider : plugin.providers()) {
            String[] words = PluginPlatform.describe(provider).split(" '|'");
            provided.computeIfAbsent(words[0], _ -> new TreeSet<>()).add(words[1]);
        }
        return provided;
    }
}
