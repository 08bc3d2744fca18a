package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.ChunkedRecompute;
import carve.api.op.Recompute;
import carve.api.tensor.FusedOp;
import java.io.IOException;
import java.lang.module.ModuleReader;
import java.lang.module.ModuleReference;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The definitions run, give gradients, are deterministic and leave nothing behind. */
final class ReferenceKernelTest extends KernelContract {
    @Override
    protected Device open() {
        return new ReferenceDevice();
    }

    @Override
    protected Set<String> kernels() {
        return Set.of();
    }

    /** The contract leaves out no fused op of the API but those that have no mathematics of their own. */
    @Test
    void everyFusedOpIsTried() throws IOException, ClassNotFoundException {
        Set<Class<?>> tried = FusedOpCases.names().stream()
                .map(name -> FusedOpCases.of(name, 2).getFirst().op().getClass())
                .collect(Collectors.toSet());
        tried.addAll(Set.of(ChunkedRecompute.class, Recompute.class));
        assertEquals(fusedOps(), tried);
    }

    private static Set<Class<?>> fusedOps() throws IOException, ClassNotFoundException {
        ModuleReference module = FusedOp.class
                .getModule()
                .getLayer()
                .configuration()
                .findModule("carve.api")
                .orElseThrow()
                .reference();
        Set<Class<?>> found = new HashSet<>();
        try (ModuleReader reader = module.open()) {
            for (String file : reader.list()
                    .filter(name -> name.matches("carve/api/op/\\w+\\.class"))
                    .toList()) {
                Class<?> type = Class.forName(file.replace('/', '.').substring(0, file.length() - ".class".length()));
                if (FusedOp.class.isAssignableFrom(type)) {
                    found.add(type);
                }
            }
        }
        return found;
    }
}
