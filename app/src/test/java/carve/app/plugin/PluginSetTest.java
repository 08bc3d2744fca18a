package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.mixer.MixerProvider;
import carve.runtime.catalog.Catalogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins are found in folders; what cannot be used is told, and stops nothing. */
final class PluginSetTest {
    @TempDir
    private Path plugins;

    private PluginSet load() {
        return PluginSet.load(List.of(), List.of(plugins));
    }

    private Plugin plugin(String name) {
        return load().plugins().stream()
                .filter(plugin -> plugin.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void mixersOfFoldersAreThereWithTheirDefaults() throws IOException {
        PluginJarBuilder.mixer("com.example.retention", "retention")
                .file("reference.conf", "carve.mixers.retention { word = hello }")
                .write(plugins.resolve("retention/retention.jar"));
        Catalogs catalogs = Catalogs.of(load().providers());
        assertEquals(Set.of("retention"), catalogs.mixers().names());
        assertEquals("hello", catalogs.mixers().defaults("retention").toMap().get("word"));
    }

    @Test
    void librariesAreSeenByTheirPluginAlone() throws IOException {
        for (String version : List.of("one", "two")) {
            new PluginJarBuilder()
                    .file("lib/Version.java", """
                    package lib;

                    public final class Version {
                        public static String text() { return "%s"; }
                    }
                    """.formatted(version))
                    .write(plugins.resolve(version + "/lib/lib.jar"));
            String module = "com.example." + version;
            PluginJarBuilder.mixer(module, version)
                    .file(module.replace('.', '/') + "/Provider.java", """
                            package %s;

                            import carve.api.config.Settings;
                            import carve.api.mixer.*;

                            public final class Provider implements MixerProvider {
                                public String name() { return "mixer-" + lib.Version.text(); }
                                public Mixer create(LayerConfig dims, Settings settings) { return null; }
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
        PluginJarBuilder.mixer("com.example.first", "first").write(plugins.resolve("first/first.jar"));
        PluginJarBuilder.mixer("com.example.second", "second").write(plugins.resolve("second/second.jar"));
        assertEquals(
                2,
                load().providers().stream()
                        .filter(MixerProvider.class::isInstance)
                        .count());
    }

    @Test
    void aPluginThatFailsToStartStopsNoOther() throws IOException {
        PluginJarBuilder.mixer("com.example.good", "good").write(plugins.resolve("good/good.jar"));
        PluginJarBuilder.mixer("com.example.bad", "bad")
                .file("com/example/bad/Provider.java", """
                        package com.example.bad;

                        import carve.api.config.Settings;
                        import carve.api.mixer.*;

                        public final class Provider implements MixerProvider {
                            public Provider() { throw new IllegalStateException("no licence"); }
                            public String name() { return "bad"; }
                            public Mixer create(LayerConfig dims, Settings settings) { return null; }
                        }
                        """)
                .write(plugins.resolve("bad/bad.jar"));
        assertEquals(
                List.of(
                        "plugin 'bad': cannot be started: carve.api.mixer.MixerProvider: Provider com.example.bad.Provider"
                                + " could not be instantiated (java.lang.IllegalStateException: no licence); ask its author,"
                                + " or run `carve plugins disable bad`"),
                load().problemMessages());
        assertEquals(Set.of("good"), Catalogs.of(load().providers()).mixers().names());
    }

    @Test
    void theLaterOfTwoWithOneNameIsTold() throws IOException {
        PluginJarBuilder.mixer("com.example.first", "same").write(plugins.resolve("first/first.jar"));
        PluginJarBuilder.mixer("com.example.second", "same").write(plugins.resolve("second/second.jar"));
        assertEquals(
                List.of("plugin 'second': mixer 'same' is provided by plugin 'first' already (com.example.first, %s);"
                                .formatted(plugins.resolve("first"))
                        + " remove or disable one of them"),
                load().problemMessages());
        assertEquals(PluginState.RESOLVED, plugin("second").state());
        assertEquals(Set.of("same"), Catalogs.of(load().providers()).mixers().names());
    }

    @Test
    void defaultsThatCannotBeReadAreTold() throws IOException {
        PluginJarBuilder.mixer("com.example.broken", "broken")
                .file("reference.conf", "carve { mixers\n")
                .write(plugins.resolve("broken/broken.jar"));
        String problem = load().problemMessages().getFirst();
        assertTrue(
                problem.startsWith("plugin 'broken': cannot be started: com.example.broken/reference.conf: 2: "),
                problem);
    }

    @Test
    void foldersThatAreNotThereCountAsEmpty() {
        assertEquals(
                1,
                PluginSet.load(List.of(), List.of(plugins.resolve("none")))
                        .plugins()
                        .size());
    }

    @Test
    void theLaterOfTwoFoldersWithOneNameIsTold() throws IOException {
        Path other = plugins.resolveSibling(plugins.getFileName() + "-other");
        PluginJarBuilder.mixer("com.example.same", "first").write(plugins.resolve("same/same.jar"));
        PluginJarBuilder.mixer("com.example.same", "second").write(other.resolve("same/same.jar"));
        PluginSet platform = PluginSet.load(List.of(), List.of(plugins, other));
        assertEquals(
                List.of("plugin 'same': there is a plugin of this name in %s already; remove or disable one of them"
                        .formatted(plugins.resolve("same"))),
                platform.problemMessages());
        assertEquals(Set.of("first"), Catalogs.of(platform.providers()).mixers().names());
    }

    @Test
    void whatIsDisabledIsNotStartedAndHidesNothing() throws IOException {
        PluginJarBuilder.mixer("com.example.off", "off").write(plugins.resolve("off/off.jar"));
        Files.writeString(plugins.resolve("off/disabled"), "");
        assertEquals(PluginState.STOPPED, plugin("off").state());
        assertEquals(List.of(), load().problemMessages());
        assertEquals(Set.of(), Catalogs.of(load().providers()).mixers().names());
    }

    @Test
    void aNameThatCannotBeAskedForStopsNoOther() throws IOException {
        PluginJarBuilder.mixer("com.example.good", "good").write(plugins.resolve("good/good.jar"));
        PluginJarBuilder.mixer("com.example.mute", "mute")
                .file("com/example/mute/Provider.java", """
                        package com.example.mute;

                        import carve.api.config.Settings;
                        import carve.api.mixer.*;

                        public final class Provider implements MixerProvider {
                            public String name() { throw new IllegalStateException("not today"); }
                            public Mixer create(LayerConfig dims, Settings settings) { return null; }
                        }
                        """)
                .write(plugins.resolve("mute/mute.jar"));
        assertEquals(
                List.of("plugin 'mute': cannot be started: java.lang.IllegalStateException: not today; ask its author,"
                        + " or run `carve plugins disable mute`"),
                load().problemMessages());
        assertEquals(PluginState.RESOLVED, plugin("mute").state());
        assertEquals(Set.of("good"), Catalogs.of(load().providers()).mixers().names());
    }

    @Test
    void whatIsUninstalledNeverComesBack() {
        Plugin gone = Plugin.active("gone", "somewhere", List.of(), List.of()).in(PluginState.UNINSTALLED);
        assertEquals(
                "plugin 'gone' cannot go from uninstalled to active",
                assertThrows(IllegalStateException.class, () -> gone.in(PluginState.ACTIVE))
                        .getMessage());
        assertEquals(PluginState.UNINSTALLED, gone.in(PluginState.UNINSTALLED).state());
    }
}
