package carve.hocon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import carve.runtime.catalog.Presets;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that presets of plugins on a class path, in jars and in folders, are found and listed. */
final class ClassPathPresetsTest {
    @TempDir
    private Path folder;

    private URL jar() throws IOException {
        Path file = folder.resolve("a plugin.jar");
        try (JarOutputStream jar = new JarOutputStream(Files.newOutputStream(file))) {
            jar.putNextEntry(new JarEntry("carve-presets/"));
            jar.putNextEntry(new JarEntry("carve-presets/quarter.conf"));
            jar.write("repeat = [keep, mamba2 x3]".getBytes());
            jar.putNextEntry(new JarEntry("carve-presets.conf"));
        }
        return file.toUri().toURL();
    }

    private URL classes() throws IOException {
        Path presets = Files.createDirectories(folder.resolve("some classes/carve-presets"));
        Files.writeString(presets.resolve("half.conf"), "repeat = [keep, mamba2]");
        Files.writeString(presets.resolve("notes.txt"), "");
        return presets.getParent().toUri().toURL();
    }

    @Test
    void presetsAreListed() throws IOException {
        try (URLClassLoader loader = new URLClassLoader(new URL[] {jar(), classes()}, null)) {
            Presets presets = new Presets(Set.of(loader.getUnnamedModule()));
            assertEquals(new TreeSet<>(Set.of("half", "quarter")), presets.names());
            assertEquals(
                    "[keep, mamba2 x3]",
                    presets.load("quarter").strings("repeat").toString());
            assertEquals(
                    "quater: not a file, and no preset 'quater'; there are half, quarter (did you mean 'quarter'?)",
                    assertThrows(SettingsException.class, () -> presets.load("quater"))
                            .getMessage());
        }
    }
}
