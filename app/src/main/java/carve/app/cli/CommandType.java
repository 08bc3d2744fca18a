package carve.app.cli;

/**
 * The implementation of a command, as the user object of its specification.
 *
 * @param implementation the class that runs it
 * @param logsProgress whether it runs for long and logs its progress without {@code --verbose}
 */
record CommandType(Class<? extends Command> implementation, boolean logsProgress) {}
