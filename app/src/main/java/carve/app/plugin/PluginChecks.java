package carve.app.plugin;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The checks of a plugin before any of its code runs, which report all problems at once.
 *
 * <p>Jars are read as archives. Checked are that they can be read, that no entry leads out of its folder, the Java
 * version of classes, the platforms of native libraries, and the checksums in {@code plugins.lock}. {@link
 * ModuleChecks} then checks the module descriptors.
 */
final class PluginChecks {
    private final String plugin;
    private final String origin;
    private final List<PluginProblem> problems = new ArrayList<>();

    private PluginChecks(String plugin, String origin) {
        this.plugin = plugin;
        this.origin = origin;
    }

    /**
     * Returns the problems of a plugin.
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
     * Returns the problems of a plugin, without the slow checks where they are not needed.
     *
     * @param thorough whether every reference to the API is checked even if the plugin was compiled against this
     *     version
     */
    static List<PluginProblem> of(
            PluginFiles source, String origin, PluginLockFile lock, ModuleLayer parent, boolean thorough) {
        PluginChecks checks = new PluginChecks(source.name(), origin);
        checks.run(source.moduleSources(), source.librarySources(), parent, thorough);
        checks.problems.addAll(lock.check(source));
        return checks.problems.stream().sorted().toList();
    }

    /** Returns the problems of a plugin that is not installed, with all checks. Nothing is unpacked. */
    static List<PluginProblem> of(String name, PluginPackage source, ModuleLayer parent) {
        PluginChecks checks = new PluginChecks(name, source.file().toString());
        checks.run(source.modules(), source.libraries(), parent, true);
        return checks.problems.stream().sorted().toList();
    }

    private void run(List<JarSource> jars, List<JarSource> classPath, ModuleLayer parent, boolean thorough) {
        if (jars.isEmpty()) {
            error("put the jar of its module there, and the libraries that it needs into lib/", "no jar in %s", origin);
            return;
        }
        List<InspectedJar> modules = jars.stream().map(InspectedJar::module).toList();
        List<InspectedJar> libraries =
                classPath.parallelStream().map(InspectedJar::library).toList();
        modules.forEach(this::archive);
        libraries.forEach(this::archive);
        modules.forEach(this::module);
        natives(modules, true);
        natives(libraries, false);
        problems.addAll(ModuleChecks.of(plugin, usable(modules), usable(libraries), parent, thorough));
    }

    private void error(String help, String what, Object... details) {
        problems.add(PluginProblem.error(plugin, help, what, details));
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

    // a library may work without its native part, a plugin's own module does not
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
        problems.add(
                new PluginProblem(plugin, fatal, what, "get a build of it for " + NativeLibraries.currentPlatform()));
    }
}
