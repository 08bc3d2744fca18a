package carve.app.plugin;

import java.util.List;
import java.util.Optional;

/**
 * A plugin that was found, be it usable or not.
 *
 * @param name the name of its folder, or of its module where it is a part of the program
 * @param origin where it was found
 * @param modules its modules with their versions
 * @param providers what it provides; empty if it cannot be used
 * @param problem why it cannot be used
 */
public record Plugin(
        String name, String origin, List<String> modules, List<Object> providers, Optional<String> problem) {
    /** Copies the lists. */
    public Plugin {
        modules = List.copyOf(modules);
        providers = List.copyOf(providers);
    }

    static Plugin broken(String name, String origin, String problem) {
        return new Plugin(name, origin, List.of(), List.of(), Optional.of(problem));
    }
}
