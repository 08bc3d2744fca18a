package carve.app.cli;

import carve.app.wiring.AppContext;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** A command of the program. */
public interface Command {
    /** Returns its name, options, parameters, description and examples. */
    CommandSpec commandSpec();

    /**
     * Does the work.
     *
     * @return the exit code of the process: 0 for success
     * @throws Exception whatever goes wrong; its message is shown
     */
    int run(ParseResult arguments, AppContext appContext) throws Exception;

    /** Returns whether the work is long, and what is logged about it interesting. */
    default boolean logsProgress() {
        return false;
    }
}
