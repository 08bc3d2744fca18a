package carve.models.template.value;

/**
 * An exception that a template raises: the name of Python's exception and its text.
 *
 * <p>It never leaves the template engine, which adds the template's name and line.
 */
public final class PythonException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final String error;
    private final String reason;

    /** Makes the exception. */
    public PythonException(String error, String reason) {
        super(error + ": " + reason, null, false, false);
        this.error = error;
        this.reason = reason;
    }

    /** Returns a {@code TypeError}. */
    public static PythonException type(String reason) {
        return new PythonException("TypeError", reason);
    }

    /** Returns a {@code ValueError}. */
    public static PythonException value(String reason) {
        return new PythonException("ValueError", reason);
    }

    /** Returns the error of a template that goes over a limit of ours. */
    public static PythonException limit(String reason) {
        return new PythonException("LimitError", reason);
    }

    /** Returns the error of a part of Python that this interpreter does not have. */
    public static PythonException unsupported(String what) {
        return new PythonException("NotImplementedError", what + " is not supported in chat templates");
    }

    /** Returns the name of Python's exception. */
    public String error() {
        return error;
    }

    /** Returns its text. */
    public String reason() {
        return reason;
    }
}
