package carve.docs;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The picture of the modules is that of the build, and modules require no more than they may. */
final class ModuleGraphTest {
    private static final Set<String> NOT_DRAWN = Set.of("carve.bench");

    private static List<ModuleDescriptor> modules() throws IOException {
        Path[] classes = Project.modules().stream()
                .map(folder -> folder.resolve("target/classes"))
                .filter(folder -> Files.exists(folder.resolve("module-info.class")))
                .toArray(Path[]::new);
        return ModuleFinder.of(classes).findAll().stream()
                .map(ModuleReference::descriptor)
                .filter(module -> !NOT_DRAWN.contains(module.name()))
                .sorted(Comparator.comparing(ModuleDescriptor::name))
                .toList();
    }

    @Test
    void pictureIsThatOfTheBuild() throws IOException {
        Project.requireUpToDate("modules.svg", new ModuleGraph(modules()).svg());
    }

    @Test
    void pluginsRequireTheApiAlone() throws IOException {
        ModuleGraph graph = new ModuleGraph(modules());
        for (Path folder : Project.modules()) {
            String name = folder.getFileName().toString();
            if (name.startsWith("plugin-")) {
                String module = "carve." + name.substring("plugin-".length());
                Set<String> gpu = Set.of("carve.api", "carve.gpu");
                Set<String> required = graph.closure(module);
                assertEquals(required.contains("carve.gpu") ? gpu : Set.of("carve.api"), required, module);
            }
        }
    }

    @Test
    void theApiRequiresNothingAndTheRuntimeTheApi() throws IOException {
        ModuleGraph graph = new ModuleGraph(modules());
        assertEquals(Set.of(), graph.closure("carve.api"));
        assertEquals(Set.of("carve.api"), graph.closure("carve.runtime"));
        assertEquals(Set.of("carve.api", "carve.runtime", "carve.hocon"), graph.closure("carve.app"));
        assertEquals(Set.of("carve.api", "carve.runtime"), graph.closure("carve.yaml"));
    }
}
