package carve.app.plugin;

import java.util.Comparator;

/**
 * A problem of a plugin, with a hint.
 *
 * @param plugin its name
 * @param fatal whether it keeps the plugin from being used
 * @param message the problem, and where it is
 * @param hint what would help
 */
public record PluginProblem(String plugin, boolean fatal, String message, String hint)
        implements Comparable<PluginProblem> {
    private static final Comparator<PluginProblem> ORDER = Comparator.comparing(PluginProblem::plugin)
            .thenComparing(PluginProblem::fatal, Comparator.reverseOrder())
            .thenComparing(PluginProblem::message)
            .thenComparing(PluginProblem::hint);

    static PluginProblem error(String plugin, String help, String what, Object... details) {
        return new PluginProblem(plugin, true, what.formatted(details), help);
    }

    static PluginProblem warning(String plugin, String help, String what, Object... details) {
        return new PluginProblem(plugin, false, what.formatted(details), help);
    }

    /** Returns the problem and its help in one line. */
    public String line() {
        return "plugin '%s': %s; %s".formatted(plugin, message, hint);
    }

    @Override
    public int compareTo(PluginProblem other) {
        return ORDER.compare(this, other);
    }
}
