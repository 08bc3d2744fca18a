package carve.app.plugin;

import java.util.Locale;
import java.util.Set;

/**
 * How far a plugin has come, as in OSGi.
 *
 * <pre>{@code
 * installed -> resolved -> active -> stopped -> uninstalled
 *     ^            |          ^         |
 *     +------------+          +---------+
 * }</pre>
 */
public enum PluginState {
    /** Its files are there; a check has found why nothing of it may run. */
    INSTALLED,
    /** The checks have passed and its modules have a layer, but it could not be started. */
    RESOLVED,
    /** Models that are opened from now on can use what it provides. */
    ACTIVE,
    /** It was disabled: its files stay, nothing of it is taken by models that are opened from now on. */
    STOPPED,
    /** Its files are gone or replaced; only sessions that began before go on with it. */
    UNINSTALLED;

    /** Returns the states that may come next. */
    public Set<PluginState> next() {
        return switch (this) {
            case INSTALLED -> Set.of(RESOLVED, STOPPED, UNINSTALLED);
            case RESOLVED -> Set.of(ACTIVE, INSTALLED, STOPPED, UNINSTALLED);
            case ACTIVE -> Set.of(STOPPED, UNINSTALLED);
            case STOPPED -> Set.of(INSTALLED, RESOLVED, ACTIVE, UNINSTALLED);
            case UNINSTALLED -> Set.of();
        };
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
