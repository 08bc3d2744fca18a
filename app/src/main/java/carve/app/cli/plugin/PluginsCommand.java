package carve.app.cli.plugin;

import carve.app.cli.Command;
import carve.app.cli.CommandOptions;
import carve.app.wiring.AppContext;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve plugins} and its subcommands. */
public final class PluginsCommand implements Command {
    @Override
    public CommandSpec commandSpec() {
        CommandOptions commandOptions = CommandOptions.of(this, "plugins", "Install, check, list and create plugins.")
                .subcommand(new PluginsListCommand())
                .subcommand(new PluginsNewCommand())
                .subcommand(new PluginsInstallCommand())
                .subcommand(new PluginsVerifyCommand())
                .subcommand(new PluginsDoctorCommand());
        for (PluginsChangeCommand.Change change : PluginsChangeCommand.Change.values()) {
            commandOptions.subcommand(new PluginsChangeCommand(change));
        }
        return commandOptions
                .example("carve plugins list")
                .example("carve plugins new my-mixer --kind mixer")
                .example("carve plugins install retention-1.0.jar")
                .example("carve plugins doctor")
                .build();
    }

    @Override
    public int run(ParseResult arguments, AppContext appContext) {
        arguments.commandSpec().commandLine().usage(appContext.terminal().out());
        return CommandLine.ExitCode.USAGE;
    }
}
