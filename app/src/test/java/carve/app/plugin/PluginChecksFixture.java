package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Base of the tests of broken plugins: a good plugin beside the broken one, and the whole message of each problem. */
abstract class PluginChecksFixture {
    static final String API =
            Device.class.getModule().getDescriptor().rawVersion().orElseThrow();

    @TempDir
    Path plugins;

    @TempDir
    static Path shared;

    static Path good;

    @BeforeAll
    static void compileAGoodPlugin() throws IOException {
        good = shared.resolve("good.jar");
        PluginJarBuilder.mixer("com.example.good", "good").write(good);
    }

    @BeforeEach
    void aGoodPluginIsBeside() throws IOException {
        Files.copy(good, Files.createDirectories(plugins.resolve("good")).resolve("good.jar"));
    }

    Path folder(String plugin) {
        return plugins.resolve(plugin);
    }

    // the whole message of each problem; the good plugin is always there
    void assertReported(String... lines) {
        PluginSet platform = PluginSet.load(List.of(), List.of(plugins));
        assertEquals(
                String.join("\n", lines),
                platform.allProblems().stream().map(PluginProblem::line).collect(Collectors.joining("\n")));
        assertEquals(
                List.of("good"),
                platform.plugins().stream()
                        .filter(plugin -> plugin.origin().startsWith(plugins.toString()))
                        .filter(plugin -> plugin.state() == PluginState.ACTIVE)
                        .filter(plugin -> plugin.problems().isEmpty())
                        .map(Plugin::name)
                        .toList());
    }

    static byte[] entry(Path jar, String name) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.getInputStream(file.getEntry(name)).readAllBytes();
        }
    }

    // a plugin that was compiled against an API of another version
    void compiledAgainst(String version) throws IOException {
        Path api = plugins.resolve("api.jar");
        new PluginJarBuilder()
                .file("module-info.java", "module carve.api { exports carve.api.mixer; }")
                .file(
                        "carve/api/mixer/MixerProvider.java",
                        "package carve.api.mixer; public interface MixerProvider {}")
                .version(version)
                .write(api);
        new PluginJarBuilder()
                .file("module-info.java", """
                        module com.example.other {
                            requires carve.api;
                            provides carve.api.mixer.MixerProvider with com.example.other.Provider;
                        }
                        """)
                .file(
                        "com/example/other/Provider.java",
                        "package com.example.other; public final class Provider implements carve.api.mixer.MixerProvider {}")
                .compileAgainst(api)
                .write(folder("other").resolve("other.jar"));
    }

    // the first bytes of a library of Windows
    static byte[] windows() {
        ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(0, (byte) 'M').put(1, (byte) 'Z').putInt(0x3C, 128);
        bytes.put(128, (byte) 'P').put(129, (byte) 'E').putShort(132, (short) 0x8664);
        return bytes.array();
    }
}
