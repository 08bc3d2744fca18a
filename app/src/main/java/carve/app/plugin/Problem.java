package carve.app.plugin;

import java.util.Comparator;

/**
 * What is wrong with a plugin, and what would help.
 *
 * @param plugin its name
 * @param fatal whether it cannot be used because of it
 * @param what is wrong, and where
 * @param help what would do
 */
public record Problem(String plugin, boolean fatal, String what, String help) implements Comparable<Problem> {
    private static final Comparator<Problem> ORDER = Comparator.comparing(Problem::plugin)
            .thenComparing(Problem::fatal, Comparator.reverseOrder())
            .thenComparing(Problem::what)
            .thenComparing(Problem::help);

    static Problem error(String plugin, String help, String what, Object... details) {
        return new Problem(plugin, true, what.formatted(details), help);
    }

    static Problem warning(String plugin, String help, String what, Object... details) {
        return new Problem(plugin, false, what.formatted(details), help);
    }

    /** Returns the problem and its help in one line. */
    public String line() {
        return "plugin '%s': %s; %s".formatted(plugin, what, help);
    }

    @Override
    public int compareTo(Problem other) {
        return ORDER.compare(this, other);
    }
}
