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
    private final PluginFiles source;
    private final String origin;
    private final List<PluginProblem> problems = new ArrayList<>();

    private PluginChecks(PluginFiles source, String origin) {
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
    static List<PluginProblem> of(PluginFiles source, String origin, PluginLockFile lock, ModuleLayer parent) {
        return of(source, origin, lock, parent, false);
    }

    /**
     * Returns what is wrong with a plugin. What takes long is left out where it can be.
     *
     * @param thorough whether every reference to the API is looked at even if it is the one that was compiled against
     */
    static List<PluginProblem> of(
            PluginFiles source, String origin, PluginLockFile lock, ModuleLayer parent, boolean thorough) {
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
        List<InspectedJar> modules = jars.stream().map(InspectedJar::module).toList();
        List<InspectedJar> libraries =
                source.libraries().parallelStream().map(InspectedJar::library).toList();
        modules.forEach(this::archive);
        libraries.forEach(this::archive);
        modules.forEach(this::module);
        natives(modules, true);
        natives(libraries, false);
        problems.addAll(ModuleChecks.of(source.name(), usable(modules), usable(libraries), parent, thorough));
    }

    private void error(String help, String what, Object... details) {
        problems.add(PluginProblem.error(source.name(), help, what, details));
    }

    private static List<InspectedJar> usable(List<InspectedJar> archives) {
        return archives.stream()
                .filter(inspectedJar -> inspectedJar.readError().isEmpty())
                .toList();
    }

    private void archive(InspectedJar inspectedJar) {
        inspectedJar
                .readError()
                .ifPresent(reason ->
                        error("copy or build it again", "%s cannot be read: %s", inspectedJar.label(), reason));
        if (!inspectedJar.escaping().isEmpty()) {
            error(
                    "do not use it, and tell where you have it from",
                    "%s has entries that lead out of the folder where it is unpacked: %s",
                    inspectedJar.label(),
                    String.join(", ", inspectedJar.escaping()));
        }
        if (!inspectedJar.classes().allUsable()) {
            error(
                    "compile it with --release %d, or get a version for this Java"
                            .formatted(Runtime.version().feature()),
                    "%s: %s",
                    inspectedJar.label(),
                    inspectedJar.classes().describe());
        }
    }

    private void module(InspectedJar inspectedJar) {
        boolean readable =
                inspectedJar.readError().isEmpty() && inspectedJar.classes().allUsable();
        if (readable && inspectedJar.descriptor().isEmpty()) {
            error(
                    "give it a module-info.java, or move it to lib/ if it is a library",
                    "%s has no module-info.class",
                    inspectedJar.label());
        }
    }

    // a library may be of use without its native part, a plugin's own module is not
    private void natives(List<InspectedJar> archives, boolean fatal) {
        Set<String> machines = new TreeSet<>();
        archives.forEach(inspectedJar -> machines.addAll(inspectedJar.platforms()));
        if (machines.isEmpty() || machines.contains(NativeLibraries.currentPlatform())) {
            return;
        }
        List<String> labels = archives.stream()
                .filter(inspectedJar -> !inspectedJar.platforms().isEmpty())
                .map(InspectedJar::label)
                .toList();
        String what = "%s: native libraries for %s, none for this machine, %s"
                .formatted(String.join(", ", labels), String.join(", ", machines), NativeLibraries.currentPlatform());
        problems.add(new PluginProblem(
                source.name(), fatal, what, "get a build of it for " + NativeLibraries.currentPlatform()));
    }
}
