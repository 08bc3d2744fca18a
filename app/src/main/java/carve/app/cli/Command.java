package carve.app.cli;

import picocli.CommandLine.ParseResult;

/**
 * A command of the program. A static method of each describes its options as a {@code CommandSpec}; the command itself is
 * created by injection, with the collaborators that its constructor names, when it is to run.
 */
public interface Command {
    /**
     * Runs the command.
     *
     * @return the exit code of the process: 0 for success
     * @throws Exception if it fails; the message is shown
     */
    int run(ParseResult arguments) throws Exception;
}
