package carve.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.StringEntry;
import java.lang.module.ModuleDescriptor;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The modules require what the architecture says, and the api knows no plugin. */
final class ArchitectureTest {
    private static final Set<String> YAML = Set.of("org.snakeyaml.engine.v2");
    private static final Set<String> NAMES_OF_PLUGINS = Set.of(
            "attention",
            "mamba2",
            "plain-mamba2",
            "mamba-in-llama",
            "hovle",
            "llava",
            "decoder",
            "cpu",
            "distill",
            "supervised");

    @Test
    void apiRequiresNothing() throws IOException {
        assertEquals(Set.of(), required("api"));
    }

    @Test
    void runtimeRequiresTheApi() throws IOException {
        Set<String> required = required("runtime");
        required.removeAll(YAML);
        assertEquals(Set.of("carve.api"), required);
    }

    @ParameterizedTest
    @ValueSource(strings = {"attention", "mamba2", "distill", "models", "cpu", "cuda"})
    void pluginsRequireTheApi(String plugin) throws IOException {
        assertEquals(Set.of("carve.api"), required(plugin));
    }

    @Test
    void apiHasNoFileFormatWriterAndNoPlanNotation() throws IOException {
        List<String> types;
        try (JarFile jar = jar("api")) {
            types = classes(jar).stream().map(JarEntry::getName).toList();
        }
        assertTrue(types.size() > 100, "classes of the api: " + types.size());
        assertEquals(
                List.of(),
                types.stream()
                        .filter(
                                name -> name.matches(
                                        ".*/(\\w*Writer|Checkpoint|Conversion|SafeTensors\\w*|LayerPlanReader|ModelFolder)\\.class"))
                        .toList());
    }

    @Test
    void apiNamesNoPlugin() throws IOException {
        List<String> found = new ArrayList<>();
        try (JarFile jar = jar("api")) {
            for (JarEntry entry : classes(jar)) {
                strings(jar, entry).stream()
                        .filter(NAMES_OF_PLUGINS::contains)
                        .forEach(name -> found.add(entry.getName() + ": " + name));
            }
        }
        assertEquals(List.of(), found);
    }

    private static Set<String> strings(JarFile jar, JarEntry entry) throws IOException {
        try (InputStream stream = jar.getInputStream(entry)) {
            return StreamSupport.stream(
                            ClassFile.of()
                                    .parse(stream.readAllBytes())
                                    .constantPool()
                                    .spliterator(),
                            false)
                    .filter(StringEntry.class::isInstance)
                    .map(constant -> ((StringEntry) constant).stringValue())
                    .collect(Collectors.toSet());
        }
    }

    private static List<JarEntry> classes(JarFile jar) {
        return jar.stream().filter(entry -> entry.getName().endsWith(".class")).toList();
    }

    private static JarFile jar(String module) throws IOException {
        return new JarFile(PublishedArtifacts.built(module, ".jar").toFile());
    }

    // without the modules of the JDK
    private static Set<String> required(String module) throws IOException {
        try (JarFile jar = jar(module);
                InputStream stream = jar.getInputStream(jar.getEntry("module-info.class"))) {
            return ModuleDescriptor.read(stream).requires().stream()
                    .map(ModuleDescriptor.Requires::name)
                    .filter(name -> !name.startsWith("java.") && !name.startsWith("jdk."))
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }
}
