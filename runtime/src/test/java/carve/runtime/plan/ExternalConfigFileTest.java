package carve.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.json.JsonException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests of how files of other projects are read where no format but JSON is installed. */
final class ExternalConfigFileTest {
    @TempDir
    private Path folder;

    @Test
    void jsonNeedsNoFormat() throws IOException {
        Path file = Files.writeString(folder.resolve("config.json"), "{\"ssm_layers\": [1], \"num_hidden_layers\": 2}");
        assertTrue(ExternalHybridConfig.isConfig(file));
        assertEquals(List.of("ssm_layers"), ExternalHybridConfig.read(file).layoutKeys());
        assertFalse(ExternalHybridConfig.isConfig(Path.of("hybrid.conf")));
        assertFalse(ExternalHybridConfig.isConfig(Path.of("mmmamba-hybrid")));
    }

    @Test
    void aMissingFileIsNamed() {
        Path file = folder.resolve("config.json");
        assertEquals(
                file + ": no such file",
                assertThrows(JsonException.class, () -> ExternalHybridConfig.read(file))
                        .getMessage());
    }

    @Test
    void yamlWithoutItsFormatNamesTheArtifact() throws IOException {
        Path file = Files.writeString(folder.resolve("MaTVLM.YAML"), "ssm_layers: [1]\n");
        assertEquals(
                file
                        + ": no format for YAML is installed; add the artifact carve-yaml to the module path or class path",
                assertThrows(SettingsException.class, () -> ExternalHybridConfig.read(file))
                        .getMessage());
    }
}
