package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.app.TestDistribution;
import java.io.IOException;
import java.lang.module.ModuleFinder;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tests that missing and deprecated API is reported without loading a class of the plugin. */
final class ApiUsageCheckTest {
    @TempDir
    private Path work;

    // an API of our own, in which a test can say what there is
    private Path api(String version, String mixer) throws IOException {
        Path jar = work.resolve("api-%s.jar".formatted(version));
        new PluginJarBuilder()
                .file("module-info.java", "module carve.api { exports carve.api.mixer; }")
                .file(
                        "carve/api/mixer/MixerProvider.java",
                        "package carve.api.mixer; public interface MixerProvider {}")
                .file(
                        "carve/api/mixer/Mixer.java",
                        "package carve.api.mixer; public abstract class Mixer {%s}".formatted(mixer))
                .version(version)
                .write(jar);
        return jar;
    }

    private List<String> told(Path compiled, Path running, String body, boolean thorough) throws IOException {
        Path folder = work.resolve("plugin");
        new PluginJarBuilder()
                .file("module-info.java", """
                        module com.example.user {
                            requires carve.api;
                            provides carve.api.mixer.MixerProvider with com.example.user.Provider;
                        }
                        """)
                .file("com/example/user/Provider.java", """
                        package com.example.user;

                        public final class Provider extends carve.api.mixer.Mixer implements carve.api.mixer.MixerProvider {
                            public String word() { %s }
                        }
                        """.formatted(body))
                .compileAgainst(compiled)
                .write(folder.resolve("user.jar"));
        var configuration = ModuleLayer.boot()
                .configuration()
                .resolve(ModuleFinder.of(running), ModuleFinder.of(), Set.of("carve.api"));
        ModuleLayer parent =
                ModuleLayer.boot().defineModulesWithOneLoader(configuration, ClassLoader.getPlatformClassLoader());
        PluginFiles source = new PluginFiles("user", folder);
        return PluginChecks.of(source, folder.toString(), PluginLockFile.empty(), parent, thorough).stream()
                .map(PluginProblem::line)
                .toList();
    }

    @Test
    void membersThatAreNotThereAreTold() throws IOException {
        Path before = api("0.1.1", """
                public static int count;
                public static String text(int[] a, String b) { return ""; }
                public String same() { return ""; }
                public static final class Inner {}
                """);
        Path now = api("0.1.2", "public String same() { return \"\"; }");
        assertEquals(
                List.of("plugin 'user': it uses what carve.api@0.1.2 does not have: carve.api.mixer.Mixer$Inner,"
                        + " carve.api.mixer.Mixer.count, carve.api.mixer.Mixer.text(int[], String); compile it against"
                        + " carve.api@0.1.2, or get a version of it for that"),
                told(
                        before,
                        now,
                        "carve.api.mixer.Mixer m = this; return m.text(new int[] {m.count}, m.same() + m.hashCode() + new Inner());",
                        false));
    }

    @Test
    void whatIsDeprecatedIsTold() throws IOException {
        Path api = api("0.1.2", """
                @Deprecated(since = "0.1.1") public static int count;
                @Deprecated(since = "0.1.2", forRemoval = true) public String old(long a) { return ""; }
                @Deprecated(since = "0.1.0") public String unused() { return ""; }
                """);
        List<String> expected = List.of(
                "plugin 'user': it uses carve.api.mixer.Mixer.count, which is deprecated since 0.1.1;"
                        + " its Javadoc names the replacement",
                "plugin 'user': it uses carve.api.mixer.Mixer.old(long), which is deprecated since 0.1.2 and is to be removed;"
                        + " its Javadoc names the replacement");
        assertEquals(expected, told(api, api, "carve.api.mixer.Mixer m = this; return m.old(m.count);", true));
        assertEquals(List.of(), told(api, api, "carve.api.mixer.Mixer m = this; return m.old(m.count);", false));
    }

    @Test
    void ourOwnPluginsUseWhatIsThere() throws IOException {
        PluginStore store = new PluginStore(TestDistribution.plugins());
        for (String name : store.names()) {
            assertEquals(List.of(), store.verify(name));
        }
    }
}
