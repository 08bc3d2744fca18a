package carve.app.plugin;

import carve.runtime.catalog.Catalogs;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleDescriptor.Requires;
import java.lang.module.ModuleFinder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** The checks of a plugin's module descriptors against each other and the program. */
final class ModuleChecks {
    private static final String API = "carve.api";
    private static final String OURS = "carve.";

    private final String plugin;
    private final Map<String, InspectedJar> modules = new TreeMap<>();
    private final List<InspectedJar> libraries;
    private final ModuleLayer parent;
    private final List<PluginProblem> problems = new ArrayList<>();

    private ModuleChecks(String plugin, List<InspectedJar> libraries, ModuleLayer parent) {
        this.plugin = plugin;
        this.libraries = libraries;
        this.parent = parent;
    }

    /** Returns the problems of a plugin's modules; if thorough, those of every reference to the API too. */
    static List<PluginProblem> of(
            String plugin,
            List<InspectedJar> jars,
            List<InspectedJar> libraries,
            ModuleLayer parent,
            boolean thorough) {
        ModuleChecks checks = new ModuleChecks(plugin, libraries, parent);
        List<InspectedJar> modular =
                jars.stream().filter(jar -> jar.descriptor().isPresent()).toList();
        modular.forEach(checks::collect);
        checks.modules.values().forEach(checks::module);
        checks.packages();
        if (!modular.isEmpty() && modular.size() == jars.size()) {
            checks.services();
        }
        checks.api(thorough);
        return checks.problems;
    }

    private void error(String help, String what, Object... details) {
        problems.add(PluginProblem.error(plugin, help, what, details));
    }

    private static ModuleDescriptor descriptor(InspectedJar module) {
        return module.descriptor().orElseThrow();
    }

    private void collect(InspectedJar inspectedJar) {
        String name = descriptor(inspectedJar).name();
        InspectedJar other = modules.putIfAbsent(name, inspectedJar);
        if (other != null) {
            error("remove one of them", "%s and %s are both module %s", other.label(), inspectedJar.label(), name);
        }
        if (name.startsWith(OURS) && parent.findModule(name).isPresent()) {
            error(
                    "leave it out; in Maven its scope is provided",
                    "%s is module %s, which is a part of the program",
                    inspectedJar.label(),
                    name);
        }
    }

    private void module(InspectedJar inspectedJar) {
        ModuleDescriptor descriptor = descriptor(inspectedJar);
        for (Requires requires : descriptor.requires()) {
            boolean needed = !requires.modifiers().contains(Requires.Modifier.STATIC);
            if (requires.name().equals(API)) {
                requires.rawCompiledVersion()
                        .ifPresentOrElse(version -> api(descriptor.name(), version), () -> unversioned(descriptor));
            } else if (needed && find(requires.name()).isEmpty()) {
                missing(inspectedJar, requires.name());
            }
        }
        descriptor.provides().forEach(provides -> provides.providers().forEach(name -> provider(inspectedJar, name)));
        inspectedJar.services().forEach((service, names) -> ignored(inspectedJar, service, names));
    }

    private Optional<ModuleDescriptor> find(String name) {
        return modules.containsKey(name)
                ? modules.get(name).descriptor()
                : parent.findModule(name).map(Module::getDescriptor);
    }

    // against the same version as at compile time only deprecations can be found
    private void api(boolean thorough) {
        Optional<Module> api = parent.findModule(API);
        List<InspectedJar> using = modules.values().stream()
                .filter(inspectedJar -> inspectedJar.classes().allUsable()
                        && inspectedJar.escaping().isEmpty())
                .filter(inspectedJar -> thorough
                        || descriptor(inspectedJar).requires().stream()
                                .filter(requires -> requires.name().equals(API))
                                .flatMap(requires -> requires.rawCompiledVersion().stream())
                                .anyMatch(version -> !version.equals(apiVersion())))
                .toList();
        api.ifPresent(module -> problems.addAll(ApiUsageCheck.check(plugin, using, module)));
    }

    private String apiVersion() {
        return parent.findModule(API)
                .flatMap(module -> module.getDescriptor().rawVersion())
                .orElse("");
    }

    private void api(String module, String compiled) {
        String ours = apiVersion();
        Optional<ApiVersion> here = ApiVersion.of(ours);
        Optional<ApiVersion> theirs = ApiVersion.of(compiled);
        if (here.isEmpty() || theirs.isEmpty() || here.get().supports(theirs.get())) {
            return;
        }
        boolean newer = here.get().line().equals(theirs.get().line());
        error(
                newer
                        ? "update carve, or compile it against %s".formatted(ours)
                        : "get a version of it for carve.api %s, or compile it against %s"
                                .formatted(here.get().line(), ours),
                "module %s was compiled against %s %s; this is %s",
                module,
                API,
                compiled,
                ours);
    }

    private void unversioned(ModuleDescriptor descriptor) {
        problems.add(PluginProblem.warning(
                plugin,
                "compile it with the jar of carve.api on the module path",
                "module %s does not say which version of %s it was compiled against",
                descriptor.name(),
                API));
    }

    private void missing(InspectedJar inspectedJar, String name) {
        String module = descriptor(inspectedJar).name();
        Optional<InspectedJar> library = libraries.stream()
                .filter(jar ->
                        jar.descriptor().filter(d -> d.name().equals(name)).isPresent())
                .findFirst();
        String what =
                "%s (module %s) requires module %s, which is not there".formatted(inspectedJar.label(), module, name);
        if (library.isPresent()) {
            error(
                    "%s is that module: move it beside %s"
                            .formatted(library.get().label(), inspectedJar.label()),
                    "%s",
                    what);
        } else if (ModuleFinder.ofSystem().find(name).isPresent()) {
            error("it is one of the JDK's: add it to --add-modules where carve is started", "%s", what);
        } else {
            error("put the jar of %s beside %s".formatted(name, inspectedJar.label()), "%s", what);
        }
    }

    private void provider(InspectedJar inspectedJar, String name) {
        if (!inspectedJar.entries().contains(name.replace('.', '/') + ".class")) {
            error("build it again", "%s provides %s, and has no such class", inspectedJar.label(), name);
        }
    }

    private void ignored(InspectedJar inspectedJar, String service, List<String> names) {
        Set<String> provided = descriptor(inspectedJar).provides().stream()
                .filter(provides -> provides.service().equals(service))
                .flatMap(provides -> provides.providers().stream())
                .collect(Collectors.toSet());
        List<String> ignored =
                names.stream().filter(name -> !provided.contains(name)).toList();
        if (!ignored.isEmpty()) {
            String all = String.join(", ", ignored);
            problems.add(new PluginProblem(
                    plugin,
                    service.startsWith(OURS),
                    "%s: META-INF/services/%s names %s, which nobody reads in a module"
                            .formatted(inspectedJar.label(), service, all),
                    "write `provides %s with %s;` in its module-info.java".formatted(service, all)));
        }
    }

    private void services() {
        Set<String> ours = Catalogs.SERVICES.stream().map(Class::getName).collect(Collectors.toSet());
        boolean useful = modules.values().stream()
                .flatMap(module -> descriptor(module).provides().stream())
                .anyMatch(provides -> ours.contains(provides.service()));
        if (!useful) {
            problems.add(PluginProblem.warning(
                    plugin,
                    "write `provides carve.api.mixer.MixerProvider with ...;`, or whatever it brings, in its module-info.java",
                    "%s provides nothing that carve asks for",
                    modules.values().stream().map(InspectedJar::label).collect(Collectors.joining(", "))));
        }
    }

    private void packages() {
        List<InspectedJar> all = new ArrayList<>(modules.values());
        all.addAll(libraries);
        for (InspectedJar module : modules.values()) {
            for (InspectedJar other : all.subList(all.indexOf(module) + 1, all.size())) {
                splitPackages(module.label(), other.label(), common(module.packages(), other.packages()));
            }
        }
        Map<String, Set<String>> read = new TreeMap<>();
        modules.values()
                .forEach(module -> read(descriptor(module)).forEach(name -> {
                    Set<String> exported = read.computeIfAbsent(name, _ -> exports(name));
                    shadowedPackages(module, name, common(module.packages(), exported));
                }));
        read.forEach((name, exported) -> libraries.stream()
                .filter(_ -> name.startsWith(OURS))
                .forEach(library -> shadowedPackages(library, name, common(library.packages(), exported))));
    }

    private static Set<String> common(Set<String> some, Set<String> others) {
        Set<String> common = new TreeSet<>(some);
        common.retainAll(others);
        return common;
    }

    private void splitPackages(String first, String second, Set<String> packages) {
        if (!packages.isEmpty()) {
            error(
                    "a package must be in one jar: remove one of them, or rename the package",
                    "%s and %s both have classes in %s",
                    first,
                    second,
                    String.join(", ", packages));
        }
    }

    private void shadowedPackages(InspectedJar inspectedJar, String module, Set<String> packages) {
        boolean whole =
                inspectedJar.descriptor().filter(d -> d.name().equals(module)).isPresent();
        if (!packages.isEmpty() && !whole) {
            error(
                    "leave them out, or rename them",
                    "%s has classes in %s, which belongs to module %s of the program",
                    inspectedJar.label(),
                    String.join(", ", packages),
                    module);
        }
    }

    private Set<String> exports(String module) {
        return parent.findModule(module).stream()
                .flatMap(found -> found.getDescriptor().exports().stream())
                .filter(exports -> !exports.isQualified())
                .map(ModuleDescriptor.Exports::source)
                .collect(Collectors.toSet());
    }

    // the modules of the program that a module reads
    private Set<String> read(ModuleDescriptor module) {
        Set<String> seen = new TreeSet<>();
        Deque<String> open = new ArrayDeque<>();
        module.requires().forEach(requires -> open.add(requires.name()));
        while (!open.isEmpty()) {
            String name = open.remove();
            if (seen.add(name)) {
                find(name).stream()
                        .flatMap(found -> found.requires().stream())
                        .filter(requires -> requires.modifiers().contains(Requires.Modifier.TRANSITIVE))
                        .forEach(requires -> open.add(requires.name()));
            }
        }
        seen.removeAll(modules.keySet());
        return seen;
    }
}
