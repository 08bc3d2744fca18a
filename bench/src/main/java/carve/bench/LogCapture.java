package carve.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/** The log lines in which a device says which library computes large products. */
final class LogCapture extends Handler implements AutoCloseable {
    private final Logger logger;
    private final SimpleFormatter formatter = new SimpleFormatter();
    private final List<String> messages = new ArrayList<>();

    /** Listens to a module, and keeps the messages from the console. */
    LogCapture(String module) {
        this.logger = Logger.getLogger(module);
        logger.setLevel(Level.INFO);
        logger.setUseParentHandlers(false);
        logger.addHandler(this);
    }

    /** Returns the last message. */
    Optional<String> last() {
        return messages.isEmpty() ? Optional.empty() : Optional.of(messages.getLast());
    }

    @Override
    public void publish(LogRecord entry) {
        messages.add(formatter.formatMessage(entry));
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        logger.removeHandler(this);
        logger.setUseParentHandlers(true);
    }
}
