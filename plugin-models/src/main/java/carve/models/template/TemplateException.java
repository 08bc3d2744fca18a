package carve.models.template;

import carve.api.CarveException;

/**
 * Thrown when a chat template cannot be parsed, raises an error of its own, or goes over its limits.
 *
 * <p>The message names the template and the line. {@link #error} and {@link #reason} are what Transformers would raise: the
 * name of the Python exception, such as {@code UndefinedError}, and its text.
 */
public final class TemplateException extends CarveException {
    private static final long serialVersionUID = 1L;

    private final String error;
    private final String reason;
    private final int line;

    /**
     * Makes the exception.
     *
     * @param template the name of the template
     * @param line the line in it, from 1; 0 if no line is known
     * @param error the name of the Python exception
     * @param reason its text
     */
    public TemplateException(String template, int line, String error, String reason) {
        super("chat template '%s'%s: %s: %s".formatted(template, line > 0 ? ", line " + line : "", error, reason));
        this.error = error;
        this.reason = reason;
        this.line = line;
    }

    /** Returns the name of the exception that Transformers raises, or {@code LimitError} for one of {@link TemplateLimits}. */
    public String error() {
        return error;
    }

    /** Returns the text of the exception that Transformers raises: what {@code raise_exception} was given, or Python's own. */
    public String reason() {
        return reason;
    }

    /** Returns the line of the template, from 1; 0 if no line is known. */
    public int line() {
        return line;
    }
}
