package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tests that faults in the modules of a plugin are reported before any of them runs, and stop no other plugin. */
final class ModuleChecksTest extends PluginChecksFixture {
    @Test
    void aMissingModule() throws IOException {
        Path base = base(plugins.resolve("base.jar"));
        new PluginJarBuilder()
                .file("module-info.java", "module com.example.needy { requires com.example.base; }")
                .beside(base)
                .write(folder("needy").resolve("needy.jar"));
        assertReported(
                "plugin 'needy': needy.jar (module com.example.needy) requires module com.example.base, which is not there;"
                        + " put the jar of com.example.base beside needy.jar",
                nothing("needy"));
    }

    @Test
    void aMissingModuleThatIsAmongTheLibraries() throws IOException {
        Path base = base(folder("astray").resolve("lib/base.jar"));
        new PluginJarBuilder()
                .file("module-info.java", "module com.example.astray { requires com.example.base; }")
                .beside(base)
                .write(folder("astray").resolve("astray.jar"));
        assertReported(
                "plugin 'astray': astray.jar (module com.example.astray) requires module com.example.base, which is not"
                        + " there; lib/base.jar is that module: move it beside astray.jar",
                nothing("astray"));
    }

    private static Path base(Path jar) throws IOException {
        new PluginJarBuilder()
                .file("module-info.java", "module com.example.base { exports com.example.base; }")
                .file("com/example/base/Base.java", "package com.example.base; public final class Base {}")
                .write(jar);
        return jar;
    }

    private static String nothing(String plugin) {
        return "plugin '%s': %s.jar provides nothing that carve asks for; write `provides".formatted(plugin, plugin)
                + " carve.api.mixer.MixerProvider with ...;`, or whatever it brings, in its module-info.java";
    }

    @Test
    void twoJarsOfOneModule() throws IOException {
        PluginJarBuilder.mixer("com.example.twice", "twice")
                .write(folder("twice").resolve("twice-1.0.jar"));
        PluginJarBuilder.mixer("com.example.twice", "twice")
                .write(folder("twice").resolve("twice-1.1.jar"));
        assertReported(
                "plugin 'twice': twice-1.0.jar and twice-1.1.jar are both module com.example.twice; remove one of them");
    }

    @Test
    void theProgramsOwnModule() throws IOException {
        PluginJarBuilder.mixer("com.example.fat", "fat").write(folder("fat").resolve("fat.jar"));
        Path api = Stream.of(System.getProperty("jdk.module.path").split(java.io.File.pathSeparator))
                .map(Path::of)
                .filter(path -> path.toString().contains("carve-api") && Files.isRegularFile(path))
                .findFirst()
                .orElseThrow();
        Files.copy(api, folder("fat").resolve("carve-api.jar"));
        assertReported(
                "plugin 'fat': carve-api.jar is module carve.api, which is a part of the program; leave it out; in Maven its"
                        + " scope is provided");
    }

    @Test
    void packagesInTwoJars() throws IOException {
        PluginJarBuilder.mixer("com.example.split", "split")
                .write(folder("split").resolve("split.jar"));
        new PluginJarBuilder()
                .file("com/example/split/More.java", "package com.example.split; public final class More {}")
                .write(folder("split").resolve("lib/more.jar"));
        assertReported(
                "plugin 'split': split.jar and lib/more.jar both have classes in com.example.split; a package must be in one"
                        + " jar: remove one of them, or rename the package");
    }

    @Test
    void packagesOfTheProgram() throws IOException {
        Path compiled = plugins.resolve("squatter.jar");
        new PluginJarBuilder()
                .file("carve/api/mixer/Extra.java", "package carve.api.mixer; public final class Extra {}")
                .write(compiled);
        String extra = "carve/api/mixer/Extra.class";
        PluginJarBuilder.mixer("com.example.squat", "squat")
                .entry(extra, entry(compiled, extra))
                .write(folder("squat").resolve("squat.jar"));
        Files.createDirectories(folder("squat").resolve("lib"));
        Files.move(compiled, folder("squat").resolve("lib/squatter.jar"));
        assertReported(
                "plugin 'squat': lib/squatter.jar has classes in carve.api.mixer, which belongs to module carve.api of the"
                        + " program; leave them out, or rename them",
                "plugin 'squat': squat.jar and lib/squatter.jar both have classes in carve.api.mixer; a package must be in"
                        + " one jar: remove one of them, or rename the package",
                "plugin 'squat': squat.jar has classes in carve.api.mixer, which belongs to module carve.api of the"
                        + " program; leave them out, or rename them");
    }

    @Test
    void servicesThatNobodyReadsInAModule() throws IOException {
        PluginJarBuilder.mixer("com.example.old", "old")
                .file("module-info.java", "module com.example.old { requires carve.api; }")
                .file(
                        "META-INF/services/carve.api.mixer.MixerProvider",
                        "# as on the class path\ncom.example.old.Provider\n")
                .write(folder("old").resolve("old.jar"));
        assertReported(
                "plugin 'old': old.jar: META-INF/services/carve.api.mixer.MixerProvider names com.example.old.Provider, which"
                        + " nobody reads in a module; write `provides carve.api.mixer.MixerProvider with"
                        + " com.example.old.Provider;` in its module-info.java",
                nothing("old"));
    }

    @Test
    void servicesThatAreProvidedTooAreNoProblem() throws IOException {
        PluginJarBuilder.mixer("com.example.both", "both")
                .file("META-INF/services/carve.api.mixer.MixerProvider", "com.example.both.Provider\n")
                .write(folder("both").resolve("both.jar"));
        assertEquals(List.of(), PluginSet.load(List.of(), List.of(plugins)).allProblems());
    }

    @Test
    void providersThatAreNotThere() throws IOException {
        Path whole = plugins.resolve("whole.jar");
        PluginJarBuilder.mixer("com.example.shrunk", "shrunk")
                .file("com/example/shrunk/Other.java", "package com.example.shrunk; final class Other {}")
                .write(whole);
        Path jar = Files.createDirectories(folder("shrunk")).resolve("shrunk.jar");
        new PluginJarBuilder()
                .entry("module-info.class", entry(whole, "module-info.class"))
                .entry("com/example/shrunk/Other.class", entry(whole, "com/example/shrunk/Other.class"))
                .write(jar);
        Files.delete(whole);
        assertReported(
                "plugin 'shrunk': shrunk.jar provides com.example.shrunk.Provider, and has no such class; build it again");
    }

    @Test
    void anotherLineOfTheApi() throws IOException {
        compiledAgainst("7.2.0");
        assertReported(
                "plugin 'other': module com.example.other was compiled against carve.api 7.2.0; this is %s; get a version of"
                                .formatted(API)
                        + " it for carve.api %s, or compile it against %s"
                                .formatted(ApiVersion.of(API).orElseThrow().line(), API));
    }

    @Test
    void aLaterVersionOfTheApi() throws IOException {
        String later = ApiVersion.of(API).orElseThrow().line() + ".99";
        compiledAgainst(later);
        assertReported(
                "plugin 'other': module com.example.other was compiled against carve.api %s; this is %s; update carve, or"
                                .formatted(later, API)
                        + " compile it against %s".formatted(API));
    }
}
