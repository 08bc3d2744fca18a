package carve.app.cli.plugin;

import carve.app.cli.CommandOptions;
import carve.app.cli.UsageCommand;
import picocli.CommandLine.Model.CommandSpec;

/** {@code carve plugins} and its subcommands. */
public final class PluginsCommand {
    private PluginsCommand() {}

    /** Returns the options and examples of the command. */
    public static CommandSpec commandSpec() {
        CommandOptions commandOptions = CommandOptions.of(
                        UsageCommand.class, "plugins", "Install, check, list and create plugins.")
                .subcommand(PluginsListCommand.commandSpec())
                .subcommand(PluginsNewCommand.commandSpec())
                .subcommand(PluginsInstallCommand.commandSpec())
                .subcommand(PluginsVerifyCommand.commandSpec())
                .subcommand(PluginsDoctorCommand.commandSpec());
        for (PluginsChangeCommand.Change change : PluginsChangeCommand.Change.values()) {
            commandOptions.subcommand(PluginsChangeCommand.commandSpec(change));
        }
        return commandOptions
                .example("carve plugins list")
                .example("carve plugins new my-mixer --kind mixer")
                .example("carve plugins install retention-1.0.jar")
                .example("carve plugins doctor")
                .build();
    }
}
