package carve.app.plugin;

import carve.api.CarveException;

/** Thrown when a plugin cannot be used. */
public final class PluginException extends CarveException {
    private static final long serialVersionUID = 1L;

    /** Makes the exception; the message names the plugin, what was found and what would do. */
    public PluginException(String message) {
        super(message);
    }

    /** Makes the exception with what caused it. */
    public PluginException(String message, Throwable cause) {
        super(message, cause);
    }
}
