package carve.app.cli.plugin;

import carve.app.cli.Command;
import carve.app.cli.CommandOptions;
import carve.app.plugin.Plugin;
import carve.app.plugin.PluginSet;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins list}. */
final class PluginsListCommand implements Command {
    private final Terminal terminal;
    private final Provider<PluginSet> plugins;

    @Inject
    PluginsListCommand(Terminal terminal, Provider<PluginSet> plugins) {
        this.terminal = terminal;
        this.plugins = plugins;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        PluginsListCommand.class,
                        "list",
                        "List the plugins, what they provide, and the reasons why some cannot be used.")
                .example("carve plugins list")
                .example("carve plugins list --plugins my-plugins")
                .build();
    }

    @Override
    public int run(ParseResult arguments) {
        PluginSet platform = plugins.get();
        List<String> lines = table(platform).lines();
        terminal.println(lines.getFirst());
        for (int i = 0; i < platform.plugins().size(); i++) {
            terminal.println(lines.get(i + 1));
            provided(platform.plugins().get(i))
                    .forEach((kind, names) ->
                            terminal.println("    %-12s  %s".formatted(kind, String.join(", ", names))));
        }
        List<String> problems = platform.problemMessages();
        problems.forEach(terminal::println);
        if (!problems.isEmpty()) {
            terminal.println("`carve plugins doctor` has details");
        }
        return 0;
    }

    private static TextTable table(PluginSet platform) {
        TextTable textTable = new TextTable("PLUGIN", "STATE", "MODULE", "FROM");
        platform.plugins()
                .forEach(plugin -> textTable.row(
                        plugin.name(), plugin.state(), String.join(", ", plugin.modules()), plugin.origin()));
        return textTable;
    }

    /** Returns the names of a plugin's providers, by kind. */
    static Map<String, Set<String>> provided(Plugin plugin) {
        Map<String, Set<String>> provided = new LinkedHashMap<>();
        for (Object provider : plugin.providers()) {
            String[] words = PluginSet.describe(provider).split(" '|'");
            provided.computeIfAbsent(words[0], _ -> new TreeSet<>()).add(words[1]);
        }
        return provided;
    }
}
