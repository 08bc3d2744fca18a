package carve.app.plugin;

import java.util.Arrays;
import java.util.Optional;

/** The origin of exceptions, for messages about defects. */
public final class ExceptionOrigin {
    private ExceptionOrigin() {}

    /**
     * Returns the name of the plugin's module that an exception was thrown in or passed first; empty if no frame of its stack
     * trace is of a plugin.
     */
    public static Optional<String> pluginModule(Throwable thrown) {
        return Arrays.stream(thrown.getStackTrace())
                .flatMap(frame -> Optional.ofNullable(frame.getModuleName()).stream())
                .filter(module -> ModuleLayer.boot().findModule(module).isEmpty())
                .findFirst();
    }
}
