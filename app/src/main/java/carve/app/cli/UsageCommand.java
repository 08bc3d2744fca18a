package carve.app.cli;

import carve.app.report.Terminal;
import jakarta.inject.Inject;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

/** Shows the help of a command that has subcommands where none of them is given. */
public final class UsageCommand implements Command {
    private final Terminal terminal;

    @Inject
    UsageCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public int run(ParseResult arguments) {
        arguments.commandSpec().commandLine().usage(terminal.out());
        return CommandLine.ExitCode.USAGE;
    }
}
