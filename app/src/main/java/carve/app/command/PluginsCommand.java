package carve.app.command;

import carve.app.work.Workshop;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins} and what is under it. */
final class PluginsCommand implements Command {
    @Override
    public CommandSpec specification() {
        Arguments arguments = Arguments.of(this, "plugins", "Install plugins, look after them, and tell of them.")
                .subcommand(new PluginsListCommand())
                .subcommand(new PluginsNewCommand())
                .subcommand(new PluginsInstallCommand())
                .subcommand(new PluginsVerifyCommand())
                .subcommand(new PluginsDoctorCommand());
        for (PluginsChangeCommand.Change change : PluginsChangeCommand.Change.values()) {
            arguments.subcommand(new PluginsChangeCommand(change));
        }
        return arguments
                .example("carve plugins list")
                .example("carve plugins new my-mixer --kind mixer")
                .example("carve plugins install retention-1.0.jar")
                .example("carve plugins doctor")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) {
        arguments.commandSpec().commandLine().usage(workshop.terminal().out());
        return CommandLine.ExitCode.USAGE;
    }
}
