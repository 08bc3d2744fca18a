package carve.app.command;

import carve.app.plugin.Plugin;
import carve.app.plugin.PluginPlatform;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import carve.app.work.Workshop;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins} and what is under it. */
final class PluginsCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(this, "plugins", "Tell of plugins.").subcommand(new ListCommand())
                .example("carve plugins list").build();
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
            Table table = new Table("PLUGIN", "MODULES", "PROVIDES", "FROM");
            for (Plugin plugin : platform.plugins()) {
                String provides = plugin.providers().stream().map(PluginPlatform::describe)
                        .collect(Collectors.joining(", "));
                table.row(plugin.name(), String.join(", ", plugin.modules()),
                        plugin.problem().isPresent() ? "(cannot be used)" : provides, plugin.origin());
            }
            table.print(terminal);
            platform.problems().forEach(terminal::println);
            return 0;
        }
    }
}
