package carve.hocon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** HOCON becomes settings that know where they were written. */
final class HoconTest {
    @TempDir
    private Path folder;

    @Test
    void substitutionsAndRepeatedWordsAreResolved() {
        Settings settings = Hocon.parse("block = [attention, mamba2 x3]\nlayers = ${block} ${block}", "plan");
        assertEquals(List.of("attention", "mamba2 x3", "attention", "mamba2 x3"), settings.strings("layers"));
        settings.requireAllRead(); // block was read by layers
    }

    @Test
    void valuesKnowFileAndLine() throws IOException {
        Path file = Files.writeString(folder.resolve("a.conf"), "one = 1\nsection {\n  two = 2\n}\n");
        Settings settings = Hocon.parseFile(file);
        assertEquals(file + ": 1", settings.origin("one"));
        assertEquals(file + ": 2", settings.origin("section"));
        assertEquals(file + ": 3", settings.section("section").origin("two"));
    }

    @Test
    void sectionsWrittenTwiceAreWhereTheyWereWrittenFirst() {
        Settings settings = Hocon.parse("a.b = 1\na.c = 2", "x.conf");
        assertEquals("x.conf: 1", settings.origin("a"));
        assertEquals("x.conf: 2", settings.section("a").origin("c"));
    }

    @Test
    void keysComeInTheOrderOfTheirLines() {
        Settings settings = Hocon.parse("zebra = 1\nant = 2\nmule = 3\nbee = null", "x.conf");
        assertEquals(List.of("zebra", "ant", "mule"), List.copyOf(settings.keys()));
    }

    @Test
    void includedFilesNameThemselves() throws IOException {
        Path inner = Files.writeString(folder.resolve("inner.conf"), "\n\nrate = 3\n");
        Path outer = Files.writeString(folder.resolve("outer.conf"), "include \"inner.conf\"\n");
        String origin = Hocon.parseFile(outer).origin("rate");
        assertEquals(inner + ": 3", origin);
    }

    @Test
    void aFileThatIsNamedAloneIncludesWhatLiesBeside() throws IOException {
        Path inner = Files.createTempFile(Path.of("").toAbsolutePath(), "inner", ".conf");
        Path outer = Files.createTempFile(Path.of("").toAbsolutePath(), "outer", ".conf");
        try {
            Files.writeString(inner, "rate = 3");
            Files.writeString(outer, "include \"" + inner.getFileName() + "\"\n");
            assertEquals(3, Hocon.parseFile(outer.getFileName()).integer("rate"));
        } finally {
            Files.delete(inner);
            Files.delete(outer);
        }
    }

    @Test
    void unreadKeysAreRefusedWithTheNearestOne() {
        Settings settings = Hocon.parse("state-size = 4\nstate_sise = 5", "hybrid.conf");
        settings.integer("state-size");
        var error = assertThrows(SettingsException.class, settings::requireAllRead);
        assertEquals("hybrid.conf: 2: key 'state_sise' was not used; did you mean 'state-size'?", error.getMessage());
    }

    @Test
    void brokenTextIsRefusedWithItsLine() {
        var error =
                assertThrows(SettingsException.class, () -> Hocon.parse("a = 1\nb = {\n  c = [1, 2\n", "hybrid.conf"));
        assertEquals(
                "hybrid.conf: 4: List should have had new element after a comma, instead had token: end of file"
                        + " (if you want the comma or end of file to be part of a string value, then double-quote it)",
                error.getMessage());
    }

    @Test
    void unresolvedSubstitutionsAreRefusedWithTheirLine() {
        var error = assertThrows(
                SettingsException.class, () -> Hocon.parse("block = [keep]\nlayers = ${blck}", "hybrid.conf"));
        assertEquals("hybrid.conf: 2: Could not resolve substitution to a value: ${blck}", error.getMessage());
    }

    @Test
    void missingFilesAreRefused() {
        Path file = folder.resolve("none.conf");
        var error = assertThrows(SettingsException.class, () -> Hocon.parseFile(file));
        assertEquals(file + ": no such file", error.getMessage());
    }
}
