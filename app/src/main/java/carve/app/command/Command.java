package carve.app.command;

import carve.app.work.Workshop;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** A command of the program. */
interface Command {
    /** Returns its name, options, parameters, description and examples. */
    CommandSpec specification();

    /**
     * Does the work.
     *
     * @return the exit code of the process: 0 for success
     * @throws Exception whatever goes wrong; its message is shown
     */
    int run(ParseResult arguments, Workshop workshop) throws Exception;

    /** Returns whether the work is long, and what is logged about it interesting. */
    default boolean chatty() {
        return false;
    }
}
