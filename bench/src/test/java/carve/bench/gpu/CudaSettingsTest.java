package carve.bench.gpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.hocon.Hocon;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Tests that the CUDA device has the settings of the measurements, which run on machines with a GPU alone. */
final class CudaSettingsTest {
    private final SettingsNode.Section settings = new CudaSettings("bf16", true).section("/usr/lib/cuda");

    @Test
    void everyKeyHasADefaultInTheDevice() {
        Path file = Path.of("..", "plugin-cuda", "src", "main", "resources", "reference.conf");
        Set<String> unknown = new TreeSet<>(settings.members().keySet());
        unknown.removeAll(Hocon.parseFile(file)
                .section("carve")
                .section("devices")
                .section("cuda")
                .asTree()
                .members()
                .keySet());
        assertEquals(Set.of(), unknown);
    }

    @Test
    void valuesAreRead() {
        TreeSettings read = new TreeSettings(settings);
        assertEquals("bf16", read.string("matmul-precision"));
        assertEquals(true, read.flag("cuda-graphs"));
        assertEquals("/usr/lib/cuda", read.string("library-path"));
    }
}
