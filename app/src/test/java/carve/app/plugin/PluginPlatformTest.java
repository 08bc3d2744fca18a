package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.mixer.MixerProvider;
import carve.hocon.Catalogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins are found in folders; what cannot be used is told, and stops nothing. */
final class PluginPlatformTest {
    @TempDir
    private Path plugins;

    private PluginPlatform load() {
        return PluginPlatform.load(List.of(), List.of(plugins));
    }

    private Plugin plugin(String name) {
        return load().plugins().stream()
                .filter(plugin -> plugin.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void mixersOfFoldersAreThereWithTheirDefaults() throws IOException {
        PluginJar.mixer("com.example.retention", "retention")
                .file("reference.conf", "carve.mixers.retention { word = hello }")
                .write(plugins.resolve("retention/retention.jar"));
        Catalogs catalogs = Catalogs.of(load().providers());
        assertEquals(Set.of("retention"), catalogs.mixers().names());
        assertEquals("hello", catalogs.mixers().defaults("retention").toMap().get("word"));
    }

    @Test
    void librariesAreSeenByTheirPluginAlone() throws IOException {
        for (String version : List.of("one", "two")) {
            new PluginJar()
                    .file("lib/Version.java", """
                    package lib;

                    public final class Version {
                        public static String text() { return "%s"; }
                    }
                    """.formatted(version))
                    .write(plugins.resolve(version + "/lib/lib.jar"));
            String module = "com.example." + version;
            PluginJar.mixer(module, version)
                    .file(module.replace('.', '/') + "/Provider.java", """
                            package %s;

                            import carve.api.config.Settings;
                            import carve.api.mixer.*;

                            public final class Provider implements MixerProvider {
                                public String name() { return "mixer-" + lib.Version.text(); }
                                public Mixer create(MixerDims dims, Settings settings) { return null; }
                            }
                            """.formatted(module))
                    .options(
                            "--add-reads",
                            module + "=ALL-UNNAMED",
                            "-cp",
                            plugins.resolve(version + "/lib/lib.jar").toString())
                    .write(plugins.resolve(version + "/plugin.jar"));
        }
        assertEquals(
                Set.of("mixer-one", "mixer-two"),
                Catalogs.of(load().providers()).mixers().names());
    }

    @Test
    void providersOfOtherLayersAreNotCountedTwice() throws IOException {
        PluginJar.mixer("com.example.first", "first").write(plugins.resolve("first/first.jar"));
        PluginJar.mixer("com.example.second", "second").write(plugins.resolve("second/second.jar"));
        assertEquals(
                2,
                load().providers().stream()
                        .filter(MixerProvider.class::isInstance)
                        .count());
    }

    @Test
    void aPluginThatFailsToStartStopsNoOther() throws IOException {
        PluginJar.mixer("com.example.good", "good").write(plugins.resolve("good/good.jar"));
        PluginJar.mixer("com.example.bad", "bad")
                .file("com/example/bad/Provider.java", """
                        package com.example.bad;

                        import carve.api.config.Settings;
                        import carve.api.mixer.*;

                        public final class Provider implements MixerProvider {
                            public Provider() { throw new IllegalStateException("no licence"); }
                            public String name() { return "bad"; }
                            public Mixer create(MixerDims dims, Settings settings) { return null; }
                        }
                        """)
                .write(plugins.resolve("bad/bad.jar"));
        assertEquals(
                List.of(
                        "plugin 'bad' cannot be started: carve.api.mixer.MixerProvider: Provider com.example.bad.Provider"
                                + " could not be instantiated (java.lang.IllegalStateException: no licence)"),
                load().problems());
        assertEquals(Set.of("good"), Catalogs.of(load().providers()).mixers().names());
    }

    @Test
    void aFolderWithoutJarsIsTold() throws IOException {
        Path folder = Files.createDirectories(plugins.resolve("empty"));
        assertEquals(List.of("plugin 'empty' has no jar in " + folder), load().problems());
    }

    @Test
    void aJarThatIsNoneIsTold() throws IOException {
        Path jar = Files.createDirectories(plugins.resolve("torn")).resolve("torn.jar");
        Files.writeString(jar, "not a zip file");
        String problem = plugin("torn").problem().orElseThrow();
        assertEquals("plugin 'torn' cannot be resolved: Error reading " + jar, problem);
    }

    @Test
    void aMissingModuleIsTold() throws IOException {
        new PluginJar()
                .file("module-info.java", "module com.example.base { exports com.example.base; }")
                .file("com/example/base/Base.java", "package com.example.base; public final class Base {}")
                .write(plugins.resolve("base.jar"));
        new PluginJar()
                .file("module-info.java", "module com.example.needy { requires com.example.base; }")
                .beside(plugins.resolve("base.jar"))
                .write(plugins.resolve("needy/needy.jar"));
        assertEquals(
                "plugin 'needy' cannot be resolved: Module com.example.base not found, required by com.example.needy",
                plugin("needy").problem().orElseThrow());
    }

    @Test
    void theLaterOfTwoWithOneNameIsTold() throws IOException {
        PluginJar.mixer("com.example.first", "same").write(plugins.resolve("first/first.jar"));
        PluginJar.mixer("com.example.second", "same").write(plugins.resolve("second/second.jar"));
        assertEquals(
                "plugin 'second' cannot be used: mixer 'same' is provided by com.example.first.Provider of module"
                        + " com.example.first already; remove one of them",
                plugin("second").problem().orElseThrow());
        assertEquals(Set.of("same"), Catalogs.of(load().providers()).mixers().names());
    }

    @Test
    void defaultsThatCannotBeReadAreTold() throws IOException {
        PluginJar.mixer("com.example.broken", "broken")
                .file("reference.conf", "carve { mixers\n")
                .write(plugins.resolve("broken/broken.jar"));
        String problem = plugin("broken").problem().orElseThrow();
        assertTrue(
                problem.startsWith("plugin 'broken' cannot be used: com.example.broken/reference.conf: 2: "), problem);
    }

    @Test
    void foldersThatAreNotThereCountAsEmpty() {
        assertEquals(
                1,
                PluginPlatform.load(List.of(), List.of(plugins.resolve("none")))
                        .plugins()
                        .size());
    }
}
