package carve.runtime.eval.suite;

import carve.api.CarveException;

/** Thrown when the files of a suite are not what they should be; the message names the file and the line. */
public final class SuiteException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message says what was asked, where, what was found and what would do. */
    public SuiteException(String message) {
        super(message);
    }

    /** Makes the exception with what caused it. */
    public SuiteException(String message, Throwable cause) {
        super(message, cause);
    }
}
