package carve.models.template.syntax;

/** The failure of a template that cannot be parsed; it never leaves the template engine. */
public final class SyntaxException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int line;
    private final String error;
    private final String reason;

    /** Makes the exception at a line, from 1, with the name of Jinja's exception and its text. */
    public SyntaxException(int line, String error, String reason) {
        super(reason, null, false, false);
        this.line = line;
        this.error = error;
        this.reason = reason;
    }

    /** Makes a {@code TemplateSyntaxError} at a line, from 1. */
    public SyntaxException(int line, String reason) {
        this(line, "TemplateSyntaxError", reason);
    }

    /** Returns the line, from 1. */
    public int line() {
        return line;
    }

    /** Returns the name of Jinja's exception. */
    public String error() {
        return error;
    }

    /** Returns its text. */
    public String reason() {
        return reason;
    }
}
