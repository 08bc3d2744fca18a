package carve.app.plugin;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is found out about a plugin before any of it runs, all problems at once.
 *
 * <p>Jars are read as archives: whether they can be, whether an entry leads out of its folder, which Java their classes are
 * for, which machines their native libraries are for, and whether they are what {@code plugins.lock} says. {@link
 * ModuleChecks} then looks at what the modules say of each other and of the program.
 */
final class PluginChecks {
    private final PluginSource source;
    private final String origin;
    private final List<Problem> problems = new ArrayList<>();

    private PluginChecks(PluginSource source, String origin) {
        this.source = source;
        this.origin = origin;
    }

    /**
     * Returns what is wrong with a plugin.
     *
     * @param source its files
     * @param origin the folder that messages name
     * @param lock of the folder that it lies in
     * @param parent the layer over which its modules would be
     */
    static List<Problem> of(PluginSource source, String origin, PluginLock lock, ModuleLayer parent) {
        return of(source, origin, lock, parent, false);
    }

    /**
     * Returns what is wrong with a plugin. What takes long is left out where it can be.
     *
     * @param thorough whether every reference to the API is looked at even if it is the one that was compiled against
     */
    static List<Problem> of(PluginSource source, String origin, PluginLock lock, ModuleLayer parent, boolean thorough) {
        PluginChecks checks = new PluginChecks(source, origin);
        checks.run(parent, thorough);
        checks.problems.addAll(lock.check(source));
        return checks.problems.stream().sorted().toList();
    }

    private void run(ModuleLayer parent, boolean thorough) {
        List<Path> jars = source.jars();
        if (jars.isEmpty()) {
            error("put the jar of its module there, and the libraries that it needs into lib/", "no jar in %s", origin);
            return;
        }
        List<Archive> modules = jars.stream().map(Archive::module).toList();
        List<Archive> libraries =
                source.libraries().parallelStream().map(Archive::library).toList();
        modules.forEach(this::archive);
        libraries.forEach(this::archive);
        modules.forEach(this::module);
        natives(modules, true);
        natives(libraries, false);
        problems.addAll(ModuleChecks.of(source.name(), usable(modules), usable(libraries), parent, thorough));
    }

    private void error(String help, String what, Object... details) {
        problems.add(Problem.error(source.name(), help, what, details));
    }

    private static List<Archive> usable(List<Archive> archives) {
        return archives.stream().filter(archive -> archive.failure().isEmpty()).toList();
    }

    private void archive(Archive archive) {
        archive.failure()
                .ifPresent(reason -> error("copy or build it again", "%s cannot be read: %s", archive.label(), reason));
        if (!archive.escaping().isEmpty()) {
            error(
                    "do not use it, and tell where you have it from",
                    "%s has entries that lead out of the folder where it is unpacked: %s",
                    archive.label(),
                    String.join(", ", archive.escaping()));
        }
        if (!archive.classes().clean()) {
            error(
                    "compile it with --release %d, or get a version for this Java"
                            .formatted(Runtime.version().feature()),
                    "%s: %s",
                    archive.label(),
                    archive.classes().describe());
        }
    }

    private void module(Archive archive) {
        boolean readable = archive.failure().isEmpty() && archive.classes().clean();
        if (readable && archive.descriptor().isEmpty()) {
            error(
                    "give it a module-info.java, or move it to lib/ if it is a library",
                    "%s has no module-info.class",
                    archive.label());
        }
    }

    // a library may be of use without its native part, a plugin's own module is not
    private void natives(List<Archive> archives, boolean fatal) {
        Set<String> machines = new TreeSet<>();
        archives.forEach(archive -> machines.addAll(archive.machines()));
        if (machines.isEmpty() || machines.contains(Natives.here())) {
            return;
        }
        List<String> labels = archives.stream()
                .filter(archive -> !archive.machines().isEmpty())
                .map(Archive::label)
                .toList();
        String what = "%s: native libraries for %s, none for this machine, %s"
                .formatted(String.join(", ", labels), String.join(", ", machines), Natives.here());
        problems.add(new Problem(source.name(), fatal, what, "get a build of it for " + Natives.here()));
    }
}
