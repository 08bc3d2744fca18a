package carve.app.plugin;

import carve.hocon.Catalogs;
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

/** What the modules of a plugin say of each other and of the program, and what of it cannot be. */
final class ModuleChecks {
    private static final String API = "carve.api";
    private static final String OURS = "carve.";

    private final String plugin;
    private final Map<String, Archive> modules = new TreeMap<>();
    private final List<Archive> libraries;
    private final ModuleLayer parent;
    private final List<Problem> problems = new ArrayList<>();

    private ModuleChecks(String plugin, List<Archive> libraries, ModuleLayer parent) {
        this.plugin = plugin;
        this.libraries = libraries;
        this.parent = parent;
    }

    /** Returns what is wrong with the modules of a plugin; thorough means with every reference to the API. */
    static List<Problem> of(
            String plugin, List<Archive> jars, List<Archive> libraries, ModuleLayer parent, boolean thorough) {
        ModuleChecks checks = new ModuleChecks(plugin, libraries, parent);
        List<Archive> modular =
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
        problems.add(Problem.error(plugin, help, what, details));
    }

    private static ModuleDescriptor descriptor(Archive module) {
        return module.descriptor().orElseThrow();
    }

    private void collect(Archive archive) {
        String name = descriptor(archive).name();
        Archive other = modules.putIfAbsent(name, archive);
        if (other != null) {
            error("remove one of them", "%s and %s are both module %s", other.label(), archive.label(), name);
        }
        if (name.startsWith(OURS) && parent.findModule(name).isPresent()) {
            error(
                    "leave it out; in Maven its scope is provided",
                    "%s is module %s, which is a part of the program",
                    archive.label(),
                    name);
        }
    }

    private void module(Archive archive) {
        ModuleDescriptor descriptor = descriptor(archive);
        for (Requires requires : descriptor.requires()) {
            boolean needed = !requires.modifiers().contains(Requires.Modifier.STATIC);
            if (requires.name().equals(API)) {
                requires.rawCompiledVersion()
                        .ifPresentOrElse(version -> api(descriptor.name(), version), () -> unversioned(descriptor));
            } else if (needed && find(requires.name()).isEmpty()) {
                missing(archive, requires.name());
            }
        }
        descriptor.provides().forEach(provides -> provides.providers().forEach(name -> provider(archive, name)));
        archive.services().forEach((service, names) -> ignored(archive, service, names));
    }

    private Optional<ModuleDescriptor> find(String name) {
        return modules.containsKey(name)
                ? modules.get(name).descriptor()
                : parent.findModule(name).map(Module::getDescriptor);
    }

    // against the version that was compiled against there is nothing to find but what is deprecated
    private void api(boolean thorough) {
        Optional<Module> api = parent.findModule(API);
        List<Archive> using = modules.values().stream()
                .filter(archive ->
                        archive.classes().clean() && archive.escaping().isEmpty())
                .filter(archive -> thorough
                        || descriptor(archive).requires().stream()
                                .filter(requires -> requires.name().equals(API))
                                .flatMap(requires -> requires.rawCompiledVersion().stream())
                                .anyMatch(version -> !version.equals(apiVersion())))
                .toList();
        api.ifPresent(module -> problems.addAll(ApiUse.of(plugin, using, module)));
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
        if (here.isEmpty() || theirs.isEmpty() || here.get().runs(theirs.get())) {
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
        problems.add(Problem.warning(
                plugin,
                "compile it with the jar of carve.api on the module path",
                "module %s does not say which version of %s it was compiled against",
                descriptor.name(),
                API));
    }

    private void missing(Archive archive, String name) {
        String module = descriptor(archive).name();
        Optional<Archive> library = libraries.stream()
                .filter(jar -> ModuleFinder.of(jar.file()).find(name).isPresent())
                .findFirst();
        String what = "%s (module %s) requires module %s, which is not there".formatted(archive.label(), module, name);
        if (library.isPresent()) {
            error("%s is that module: move it beside %s".formatted(library.get().label(), archive.label()), "%s", what);
        } else if (ModuleFinder.ofSystem().find(name).isPresent()) {
            error("it is one of the JDK's: add it to --add-modules where carve is started", "%s", what);
        } else {
            error("put the jar of %s beside %s".formatted(name, archive.label()), "%s", what);
        }
    }

    private void provider(Archive archive, String name) {
        if (!archive.entries().contains(name.replace('.', '/') + ".class")) {
            error("build it again", "%s provides %s, and has no such class", archive.label(), name);
        }
    }

    private void ignored(Archive archive, String service, List<String> names) {
        Set<String> provided = descriptor(archive).provides().stream()
                .filter(provides -> provides.service().equals(service))
                .flatMap(provides -> provides.providers().stream())
                .collect(Collectors.toSet());
        List<String> ignored =
                names.stream().filter(name -> !provided.contains(name)).toList();
        if (!ignored.isEmpty()) {
            String all = String.join(", ", ignored);
            problems.add(new Problem(
                    plugin,
                    service.startsWith(OURS),
                    "%s: META-INF/services/%s names %s, which nobody reads in a module"
                            .formatted(archive.label(), service, all),
                    "write `provides %s with %s;` in its module-info.java".formatted(service, all)));
        }
    }

    private void services() {
        Set<String> ours = Catalogs.SERVICES.stream().map(Class::getName).collect(Collectors.toSet());
        boolean useful = modules.values().stream()
                .flatMap(module -> descriptor(module).provides().stream())
                .anyMatch(provides -> ours.contains(provides.service()));
        if (!useful) {
            problems.add(Problem.warning(
                    plugin,
                    "write `provides carve.api.mixer.MixerProvider with ...;`, or whatever it brings, in its module-info.java",
                    "%s provides nothing that carve asks for",
                    modules.values().stream().map(Archive::label).collect(Collectors.joining(", "))));
        }
    }

    private void packages() {
        List<Archive> all = new ArrayList<>(modules.values());
        all.addAll(libraries);
        for (Archive module : modules.values()) {
            for (Archive other : all.subList(all.indexOf(module) + 1, all.size())) {
                split(module.label(), other.label(), common(module.packages(), other.packages()));
            }
        }
        Map<String, Set<String>> read = new TreeMap<>();
        modules.values()
                .forEach(module -> read(descriptor(module)).forEach(name -> {
                    Set<String> exported = read.computeIfAbsent(name, _ -> exports(name));
                    hidden(module, name, common(module.packages(), exported));
                }));
        read.forEach((name, exported) -> libraries.stream()
                .filter(_ -> name.startsWith(OURS))
                .forEach(library -> hidden(library, name, common(library.packages(), exported))));
    }

    private static Set<String> common(Set<String> some, Set<String> others) {
        Set<String> common = new TreeSet<>(some);
        common.retainAll(others);
        return common;
    }

    private void split(String first, String second, Set<String> packages) {
        if (!packages.isEmpty()) {
            error(
                    "a package must be in one jar: remove one of them, or rename the package",
                    "%s and %s both have classes in %s",
                    first,
                    second,
                    String.join(", ", packages));
        }
    }

    private void hidden(Archive archive, String module, Set<String> packages) {
        boolean whole =
                archive.descriptor().filter(d -> d.name().equals(module)).isPresent();
        if (!packages.isEmpty() && !whole) {
            error(
                    "leave them out, or rename them",
                    "%s has classes in %s, which belongs to module %s of the program",
                    archive.label(),
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
