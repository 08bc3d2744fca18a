package carve.app.report;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.System.Logger;
import java.lang.System.LoggerFinder;
import java.nio.charset.StandardCharsets;
import java.text.MessageFormat;
import java.time.LocalTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.MissingResourceException;
import java.util.Optional;
import java.util.ResourceBundle;

/**
 * Writes what is logged to the error stream, one line each: {@code 12:30:05 WARNING carve.distill: text}.
 *
 * <p>What is less severe than the level in the system property {@value #LEVEL} is left out. Exceptions are one line more, and
 * a stack trace where DEBUG is on.
 */
public final class ConsoleLoggerFinder extends LoggerFinder {
    /** The system property with the least level to be shown; {@code WARNING} where it is not set. */
    public static final String LEVEL = "carve.log";

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("HH:mm:ss", Locale.ROOT);

    private final PrintStream stream =
            new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);

    /** Makes the finder; the JDK does. */
    public ConsoleLoggerFinder() {}

    /** Shows what is at least as severe as a level. */
    public static void setLevel(Logger.Level level) {
        System.setProperty(LEVEL, level.name());
    }

    @Override
    public Logger getLogger(String name, Module module) {
        // the platform's own remarks are for its makers
        return new ConsoleLogger(
                name, module.getName() != null && module.getName().startsWith("java."));
    }

    private final class ConsoleLogger implements Logger {
        private final String name;
        private final boolean platform;

        private ConsoleLogger(String name, boolean platform) {
            this.name = name;
            this.platform = platform;
        }

        @Override
        public String getName() {
            return name;
        }

        @Override
        public boolean isLoggable(Level level) {
            Level least = platform ? Level.ERROR : least();
            return level != Level.OFF && level.getSeverity() >= least.getSeverity();
        }

        private static Level least() {
            return Level.valueOf(System.getProperty(LEVEL, Level.WARNING.name()));
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
            if (isLoggable(level)) {
                line(level, text(bundle, message));
                Optional.ofNullable(thrown).ifPresent(this::trace);
            }
        }

        @Override
        public void log(Level level, ResourceBundle bundle, String format, Object... parameters) {
            if (isLoggable(level)) {
                String pattern = text(bundle, format);
                boolean plain = parameters == null || parameters.length == 0;
                line(level, plain ? pattern : MessageFormat.format(pattern, parameters));
            }
        }

        private static String text(ResourceBundle bundle, String key) {
            try {
                return bundle == null ? String.valueOf(key) : bundle.getString(key);
            } catch (MissingResourceException e) {
                return key;
            }
        }

        private void line(Level level, String text) {
            stream.println("%s %s %s: %s".formatted(LocalTime.now().format(TIME), level, name, text));
        }

        private void trace(Throwable thrown) {
            stream.println("  " + thrown);
            if (isLoggable(Level.DEBUG)) {
                for (StackTraceElement element : thrown.getStackTrace()) {
                    stream.println("    at " + element);
                }
            }
        }
    }
}
