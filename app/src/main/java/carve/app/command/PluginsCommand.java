package carve.app.command;

import carve.app.plugin.Plugin;
import carve.app.plugin.PluginPlatform;
import carve.app.terminal.Terminal;
import carve.app.work.Workshop;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins} and what is under it. */
final class PluginsCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(this, "plugins", "Tell of plugins.")
                .subcommand(new ListCommand())
                .example("carve plugins list")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) {
        arguments.commandSpec().commandLine().usage(workshop.terminal().out());
        return CommandLine.ExitCode.USAGE;
    }

    /** {@code carve plugins list}. */
    private static final class ListCommand implements Command {
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
            for (Plugin plugin : platform.plugins()) {
                String state = plugin.problem().isPresent() ? "  (cannot be used)" : "";
                terminal.println("%s  %s  %s%s"
                        .formatted(plugin.name(), String.join(", ", plugin.modules()), plugin.origin(), state));
                provided(plugin)
                        .forEach((kind, names) ->
                                terminal.println("    %-12s  %s".formatted(kind, String.join(", ", names))));
            }
            platform.problems().forEach(terminal::println);
            return 0;
        }

        private static Map<String, Set<String>> provided(Plugin plugin) {
            Map<String, Set<String>> provided = new LinkedHashMap<>();
            for (Object provider : plugin.providers()) {
                String[] words = PluginPlatform.describe(provider).split(" '|'");
                provided.computeIfAbsent(words[0], _ -> new TreeSet<>()).add(words[1]);
            }
            return provided;
        }
    }
}
