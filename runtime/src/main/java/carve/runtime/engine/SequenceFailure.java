package carve.runtime.engine;

import carve.runtime.engine.EngineException.Reason;

/**
 * The meaning of a throwable that ended a sequence: what its request is told, and whether the model has to be opened again.
 *
 * <p>An exception is a matter of the request. Of the errors, those of too little memory leave the model as it was. A {@link
 * LinkageError} may be gone when the plugins are loaded again, and an {@link InternalError}, which is what reading a mapped file
 * beyond its end gives, when the file is mapped again.
 *
 * @param cause what the request is told
 * @param reopens whether the model cannot be used as it is
 */
record SequenceFailure(RuntimeException cause, boolean reopens) {
    /** Returns the meaning of a throwable. */
    static SequenceFailure of(Throwable thrown) {
        return switch (firstError(thrown)) {
            case OutOfMemoryError e ->
                failed(
                        false,
                        "The request needs more memory than is available (%s); shorten it, or give the process more memory.",
                        e,
                        thrown);
            case StackOverflowError e ->
                failed(false, "The request needs a deeper stack than a thread has (%s).", e, thrown);
            case LinkageError e ->
                failed(
                        true,
                        "The code of the model does not fit its plugins (%s); update the plugins. The model is opened again.",
                        e,
                        thrown);
            case InternalError e ->
                failed(
                        true,
                        "The weights cannot be read (%s): a file of the model was truncated while it was in use; restore it."
                                + " The model is opened again.",
                        e,
                        thrown);
            case Error e -> failed(false, "The model failed (%s).", e, thrown);
            case RuntimeException e -> new SequenceFailure(e, false);
            default -> failed(false, "The model failed (%s).", thrown, thrown);
        };
    }

    private static Throwable firstError(Throwable thrown) {
        for (Throwable cause = thrown; cause != null; cause = cause.getCause()) {
            if (cause instanceof Error) {
                return cause;
            }
        }
        return thrown;
    }

    private static SequenceFailure failed(boolean reopens, String message, Throwable named, Throwable cause) {
        return new SequenceFailure(new EngineException(Reason.FAILED, message.formatted(named), cause), reopens);
    }
}
