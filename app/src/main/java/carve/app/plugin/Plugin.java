package carve.app.plugin;

import java.util.List;

/**
 * A plugin that was found, whether usable or not.
 *
 * @param name the name of its folder, or of its module where it is a part of the program
 * @param origin where it was found
 * @param state its state
 * @param modules its modules with their versions
 * @param providers its providers; empty if it is not active
 * @param problems its problems
 */
public record Plugin(
        String name,
        String origin,
        PluginState state,
        List<String> modules,
        List<Object> providers,
        List<PluginProblem> problems) {
    /** Copies the lists, and sorts the problems. */
    public Plugin {
        modules = List.copyOf(modules);
        providers = List.copyOf(providers);
        problems = problems.stream().distinct().sorted().toList();
    }

    static Plugin active(String name, String origin, List<String> modules, List<Object> providers) {
        return new Plugin(name, origin, PluginState.ACTIVE, modules, providers, List.of());
    }

    Plugin in(PluginState next) {
        if (next != state && !state.next().contains(next)) {
            throw new IllegalStateException("plugin '%s' cannot go from %s to %s".formatted(name, state, next));
        }
        return new Plugin(name, origin, next, modules, next == PluginState.ACTIVE ? providers : List.of(), problems);
    }

    Plugin with(List<PluginProblem> more) {
        List<PluginProblem> all = new java.util.ArrayList<>(problems);
        all.addAll(more);
        return new Plugin(name, origin, state, modules, providers, all);
    }

    /** Returns whether a problem keeps it from being used. */
    public boolean broken() {
        return problems.stream().anyMatch(PluginProblem::fatal);
    }
}
