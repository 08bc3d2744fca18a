package carve.app.command;

import carve.app.work.Workshop;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** What runs where no command is named: it shows the help. */
final class RootCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(this, "carve").build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) {
        arguments.commandSpec().commandLine().usage(workshop.terminal().out());
        return CommandLine.ExitCode.USAGE;
    }
}
