package carve.models.data;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ShapesDatasetGeneratorTest {
    @TempDir
    private Path work;

    @Test
    void nothingIsWrittenWhereAKeyIsUnknown() {
        Map<String, Object> keys = new HashMap<>(Map.of(
                "seed", 42,
                "image-size", 48,
                "min-shapes", 1,
                "max-shapes", 3,
                "min-recall-pairs", 1,
                "max-recall-pairs", 3,
                "test-percent", 20,
                "light-background-percent", 0,
                "train-scenes", 2,
                "test-scenes", 1));
        keys.putAll(Map.of("chat-template", "hovle", "min-turns", 1, "max-turns", 1, "tset-scenes", 5));
        Settings settings = MapSettings.of(keys);
        Path folder = work.resolve("shapes");
        assertThrows(
                SettingsException.class,
                () -> new ShapesDatasetGenerator().generate(settings, folder, (done, total, loss, rate) -> {}));
        assertFalse(Files.exists(folder));
    }
}
