package carve.api.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A name that no file can have is refused where it was written, and is no other kind of error. */
final class FileNamesTest {
    private static final Path FOLDER = Path.of("folder");

    @Test
    void namesAreRelativeToTheirFolder() {
        assertEquals(Optional.of(Path.of("folder", "a.png")), FileNames.resolve(FOLDER, "a.png"));
        assertTrue(FileNames.resolve(FOLDER, "a\u0000.png").isEmpty());
    }

    @Test
    void documentsNameTheKey() {
        JsonObject good = Json.parseObject("{\"image\": \"a.png\", \"images\": [\"a\", \"b\"]}", "data.json");
        assertEquals(Path.of("folder", "a.png"), good.path("image", FOLDER));
        assertEquals(List.of(Path.of("folder", "a.png")), good.paths("image", FOLDER));
        assertEquals(List.of(Path.of("folder", "a"), Path.of("folder", "b")), good.paths("images", FOLDER));
        assertEquals(List.of(), good.paths("none", FOLDER));
        JsonObject bad = Json.parseObject("{\"image\": [\"a\", \"b\\u0000\"]}", "data.json");
        String told = assertThrows(JsonException.class, () -> bad.paths("image", FOLDER))
                .getMessage();
        assertTrue(told.startsWith("data.json: image: expected the name of a file, found "), told);
    }

    @Test
    void settingsNameTheKey() {
        assertEquals(Path.of("a"), MapSettings.of(Map.of("file", "a")).path("file"));
        String told = assertThrows(
                        SettingsException.class,
                        () -> MapSettings.of(Map.of("file", "a\u0000")).path("file"))
                .getMessage();
        assertTrue(told.endsWith("key 'file' is not the name of a file"), told);
    }
}
