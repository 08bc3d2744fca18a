package carve.app.plugin;

import java.util.Locale;
import java.util.Set;

/**
 * The states of a plugin, as in OSGi.
 *
 * <pre>{@code
 * installed -> resolved -> active -> stopped -> uninstalled
 *     ^            |          ^         |
 *     +------------+          +---------+
 * }</pre>
 */
public enum PluginState {
    /** Its files exist; a check has failed, so nothing of it may run. */
    INSTALLED,
    /** The checks have passed and its modules have a layer, but it could not be started. */
    RESOLVED,
    /** Models that are opened from now on can use its providers. */
    ACTIVE,
    /** Disabled: its files stay, but models that are opened from now on do not use it. */
    STOPPED,
    /** Removed or replaced on disk; only sessions that began before still use it. */
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
