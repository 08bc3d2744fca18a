package carve.app.cli;

import carve.app.wiring.AppContext;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** What runs where no command is named: it shows the help. */
final class RootCommand implements Command {
    @Override
    public CommandSpec commandSpec() {
        return CommandOptions.of(this, "carve").build();
    }

    @Override
    public int run(ParseResult arguments, AppContext appContext) {
        arguments.commandSpec().commandLine().usage(appContext.terminal().out());
        return CommandLine.ExitCode.USAGE;
    }
}
