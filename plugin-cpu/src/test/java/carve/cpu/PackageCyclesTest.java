package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

/** The packages of this module are layers: none depends on itself by way of others. */
final class PackageCyclesTest {
    private static final Pattern NAME = Pattern.compile("(carve/cpu(?:/[a-z0-9]+)?)/[A-Z]");

    private static Path classes() throws URISyntaxException {
        Path location = Path.of(CpuDevice.class.getResource("CpuDevice.class").toURI());
        return location.getParent().getParent().getParent();
    }

    private static Map<String, Set<String>> dependencies(Path root) throws IOException {
        Map<String, Set<String>> dependencies = new TreeMap<>();
        try (Stream<Path> files = Files.walk(root.resolve("carve/cpu"))) {
            files.filter(file -> file.toString().endsWith(".class") && !file.endsWith("package-info.class"))
                    .forEach(file -> {
                        String own =
                                root.relativize(file.getParent()).toString().replace('\\', '/');
                        dependencies
                                .computeIfAbsent(own, name -> new TreeSet<>())
                                .addAll(used(file, own));
                    });
        }
        return dependencies;
    }

    private static Set<String> used(Path file, String own) {
        Set<String> used = new TreeSet<>();
        try {
            StreamSupport.stream(ClassFile.of().parse(file).constantPool().spliterator(), false)
                    .forEach(entry -> {
                        switch (entry) {
                            case ClassEntry type -> add(used, type.asInternalName(), own);
                            case Utf8Entry text -> add(used, text.stringValue(), own); // descriptors
                            default -> {}
                        }
                    });
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return used;
    }

    private static void add(Set<String> used, String text, String own) {
        Matcher names = NAME.matcher(text);
        while (names.find()) {
            if (!names.group(1).equals(own)) {
                used.add(names.group(1));
            }
        }
    }

    private static void visit(
            String name,
            Map<String, Set<String>> dependencies,
            List<String> path,
            Set<String> done,
            Set<String> cycles) {
        int at = path.indexOf(name);
        if (at >= 0) {
            cycles.add(String.join(" -> ", path.subList(at, path.size())) + " -> " + name);
        } else if (!done.contains(name)) {
            path.add(name);
            dependencies.getOrDefault(name, Set.of()).forEach(next -> visit(next, dependencies, path, done, cycles));
            path.removeLast();
            done.add(name);
        }
    }

    private static Set<String> cycles(Map<String, Set<String>> dependencies) {
        Set<String> cycles = new TreeSet<>();
        Set<String> done = new HashSet<>();
        dependencies.keySet().forEach(name -> visit(name, dependencies, new ArrayList<>(), done, cycles));
        return cycles;
    }

    @Test
    void noPackageDependsOnItself() throws IOException, URISyntaxException {
        Map<String, Set<String>> dependencies = dependencies(classes());
        assertTrue(dependencies.get("carve/cpu").contains("carve/cpu/gemm"), dependencies.toString());
        assertEquals(Set.of(), cycles(dependencies));
    }

    @Test
    void cyclesAreFound() {
        assertEquals(
                Set.of("b -> c -> b"),
                cycles(new TreeMap<>(
                        Map.of("a", Set.of("b"), "b", Set.of("c"), "c", Set.of("b", "d"), "d", Set.of()))));
    }
}
