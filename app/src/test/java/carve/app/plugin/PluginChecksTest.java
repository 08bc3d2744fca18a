package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is wrong with a plugin is told before any of it runs, in whole sentences, all at once, and stops no other plugin. */
final class PluginChecksTest {
    private static final String API =
            Device.class.getModule().getDescriptor().rawVersion().orElseThrow();

    @TempDir
    private Path plugins;

    @TempDir
    private static Path shared;

    private static Path good;

    @BeforeAll
    static void compileAGoodPlugin() throws IOException {
        good = shared.resolve("good.jar");
        PluginJar.mixer("com.example.good", "good").write(good);
    }

    @BeforeEach
    void aGoodPluginIsBeside() throws IOException {
        Files.copy(good, Files.createDirectories(plugins.resolve("good")).resolve("good.jar"));
    }

    private Path folder(String plugin) {
        return plugins.resolve(plugin);
    }

    // the whole message of each problem; the good plugin is always there
    private void told(String... lines) {
        PluginPlatform platform = PluginPlatform.load(List.of(), List.of(plugins));
        assertEquals(
                String.join("\n", lines),
                platform.findings().stream().map(Problem::line).collect(Collectors.joining("\n")));
        assertEquals(
                List.of("good"),
                platform.plugins().stream()
                        .filter(plugin -> plugin.origin().startsWith(plugins.toString()))
                        .filter(plugin -> plugin.state() == PluginState.ACTIVE)
                        .filter(plugin -> plugin.problems().isEmpty())
                        .map(Plugin::name)
                        .toList());
    }

    private static byte[] entry(Path jar, String name) throws IOException {
        try (JarFile file = new JarFile(jar.toFile())) {
            return file.getInputStream(file.getEntry(name)).readAllBytes();
        }
    }

    // the class file of an entry for the Java after this one
    private byte[] newer(String module, String name, String entry) throws IOException {
        Path jar = plugins.resolve("newer.jar");
        PluginJar.mixer(module, name).write(jar);
        byte[] bytes = entry(jar, entry);
        Files.delete(jar);
        ByteBuffer.wrap(bytes).putShort(6, (short) (Runtime.version().feature() + 45));
        return bytes;
    }

    @Test
    void aFolderWithoutJars() throws IOException {
        Files.createDirectories(folder("empty"));
        told("plugin 'empty': no jar in %s; put the jar of its module there, and the libraries that it needs into lib/"
                .formatted(folder("empty")));
    }

    @Test
    void aJarThatIsNone() throws IOException {
        Files.writeString(Files.createDirectories(folder("torn")).resolve("torn.jar"), "not a zip file");
        told("plugin 'torn': torn.jar cannot be read: zip END header not found; copy or build it again");
    }

    @Test
    void entriesThatLeadOutOfTheirFolder() throws IOException {
        PluginJar.mixer("com.example.slip", "slip")
                .entry("../../evil.conf", new byte[1])
                .entry("/etc/evil.conf", new byte[1])
                .entry("natives/../../../evil.so", new byte[1])
                .entry("C:\\evil.dll", new byte[1])
                .write(folder("slip").resolve("slip.jar"));
        told("plugin 'slip': slip.jar has entries that lead out of the folder where it is unpacked: ../../evil.conf,"
                + " /etc/evil.conf, natives/../../../evil.so, C:\\evil.dll; do not use it, and tell where you have it"
                + " from");
    }

    @Test
    void aJarThatIsNoModule() throws IOException {
        new PluginJar()
                .file("plain/Plain.java", "package plain; public final class Plain {}")
                .write(folder("plain").resolve("plain.jar"));
        told("plugin 'plain': plain.jar has no module-info.class; give it a module-info.java, or move it to lib/ if it"
                + " is a library");
    }

    @Test
    void classesForANewerJava() throws IOException {
        String provider = "com/example/next/Provider.class";
        PluginJar.mixer("com.example.next", "next")
                .entry(provider, newer("com.example.next", "next", provider))
                .write(folder("next").resolve("next.jar"));
        int java = Runtime.version().feature();
        told("plugin 'next': next.jar: %s is for Java %d (class file version %d); this is Java %d; compile it with"
                        .formatted(provider, java + 1, java + 45, java)
                + " --release %d, or get a version for this Java".formatted(java));
    }

    @Test
    void aModuleForANewerJava() throws IOException {
        String module = "module-info.class";
        PluginJar.mixer("com.example.later", "later")
                .entry(module, newer("com.example.later", "later", module))
                .write(folder("later").resolve("later.jar"));
        int java = Runtime.version().feature();
        told("plugin 'later': later.jar: %s is for Java %d (class file version %d); this is Java %d; compile it with"
                        .formatted(module, java + 1, java + 45, java)
                + " --release %d, or get a version for this Java".formatted(java));
    }

    @Test
    void classesOfPreviewFeatures() throws IOException {
        String provider = "com/example/good/Provider.class";
        byte[] bytes = entry(good, provider);
        ByteBuffer.wrap(bytes).putShort(4, (short) 0xFFFF);
        PluginJar.mixer("com.example.preview", "preview")
                .entry("com/example/preview/One.class", bytes)
                .entry("com/example/preview/Two.class", bytes)
                .entry("com/example/preview/Three.class", bytes)
                .write(folder("preview").resolve("preview.jar"));
        int java = Runtime.version().feature();
        String told =
                "plugin 'preview': preview.jar: com/example/preview/One.class is compiled with preview features of Java"
                        + " %d, and 2 more like it; this is Java %d; compile it with --release %d, or get a version for this Java";
        told(told.formatted(java, java, java));
    }

    @Test
    void aMissingModule() throws IOException {
        Path base = base(plugins.resolve("base.jar"));
        new PluginJar()
                .file("module-info.java", "module com.example.needy { requires com.example.base; }")
                .beside(base)
                .write(folder("needy").resolve("needy.jar"));
        told(
                "plugin 'needy': needy.jar (module com.example.needy) requires module com.example.base, which is not there;"
                        + " put the jar of com.example.base beside needy.jar",
                nothing("needy"));
    }

    @Test
    void aMissingModuleThatIsAmongTheLibraries() throws IOException {
        Path base = base(folder("astray").resolve("lib/base.jar"));
        new PluginJar()
                .file("module-info.java", "module com.example.astray { requires com.example.base; }")
                .beside(base)
                .write(folder("astray").resolve("astray.jar"));
        told(
                "plugin 'astray': astray.jar (module com.example.astray) requires module com.example.base, which is not"
                        + " there; lib/base.jar is that module: move it beside astray.jar",
                nothing("astray"));
    }

    private static Path base(Path jar) throws IOException {
        new PluginJar()
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
        PluginJar.mixer("com.example.twice", "twice").write(folder("twice").resolve("twice-1.0.jar"));
        PluginJar.mixer("com.example.twice", "twice").write(folder("twice").resolve("twice-1.1.jar"));
        told("plugin 'twice': twice-1.0.jar and twice-1.1.jar are both module com.example.twice; remove one of them");
    }

    @Test
    void theProgramsOwnModule() throws IOException {
        PluginJar.mixer("com.example.fat", "fat").write(folder("fat").resolve("fat.jar"));
        Path api = Stream.of(System.getProperty("jdk.module.path").split(java.io.File.pathSeparator))
                .map(Path::of)
                .filter(path -> path.toString().contains("carve-api") && Files.isRegularFile(path))
                .findFirst()
                .orElseThrow();
        Files.copy(api, folder("fat").resolve("carve-api.jar"));
        told(
                "plugin 'fat': carve-api.jar is module carve.api, which is a part of the program; leave it out; in Maven its"
                        + " scope is provided");
    }

    @Test
    void packagesInTwoJars() throws IOException {
        PluginJar.mixer("com.example.split", "split").write(folder("split").resolve("split.jar"));
        new PluginJar()
                .file("com/example/split/More.java", "package com.example.split; public final class More {}")
                .write(folder("split").resolve("lib/more.jar"));
        told(
                "plugin 'split': split.jar and lib/more.jar both have classes in com.example.split; a package must be in one"
                        + " jar: remove one of them, or rename the package");
    }

    @Test
    void packagesOfTheProgram() throws IOException {
        Path compiled = plugins.resolve("squatter.jar");
        new PluginJar()
                .file("carve/api/mixer/Extra.java", "package carve.api.mixer; public final class Extra {}")
                .write(compiled);
        String extra = "carve/api/mixer/Extra.class";
        PluginJar.mixer("com.example.squat", "squat")
                .entry(extra, entry(compiled, extra))
                .write(folder("squat").resolve("squat.jar"));
        Files.createDirectories(folder("squat").resolve("lib"));
        Files.move(compiled, folder("squat").resolve("lib/squatter.jar"));
        told(
                "plugin 'squat': lib/squatter.jar has classes in carve.api.mixer, which belongs to module carve.api of the"
                        + " program; leave them out, or rename them",
                "plugin 'squat': squat.jar and lib/squatter.jar both have classes in carve.api.mixer; a package must be in"
                        + " one jar: remove one of them, or rename the package",
                "plugin 'squat': squat.jar has classes in carve.api.mixer, which belongs to module carve.api of the"
                        + " program; leave them out, or rename them");
    }

    @Test
    void servicesThatNobodyReadsInAModule() throws IOException {
        PluginJar.mixer("com.example.old", "old")
                .file("module-info.java", "module com.example.old { requires carve.api; }")
                .file(
                        "META-INF/services/carve.api.mixer.MixerProvider",
                        "# as on the class path\ncom.example.old.Provider\n")
                .write(folder("old").resolve("old.jar"));
        told(
                "plugin 'old': old.jar: META-INF/services/carve.api.mixer.MixerProvider names com.example.old.Provider, which"
                        + " nobody reads in a module; write `provides carve.api.mixer.MixerProvider with"
                        + " com.example.old.Provider;` in its module-info.java",
                nothing("old"));
    }

    @Test
    void servicesThatAreProvidedTooAreNoProblem() throws IOException {
        PluginJar.mixer("com.example.both", "both")
                .file("META-INF/services/carve.api.mixer.MixerProvider", "com.example.both.Provider\n")
                .write(folder("both").resolve("both.jar"));
        assertEquals(List.of(), PluginPlatform.load(List.of(), List.of(plugins)).findings());
    }

    @Test
    void providersThatAreNotThere() throws IOException {
        Path whole = plugins.resolve("whole.jar");
        PluginJar.mixer("com.example.shrunk", "shrunk")
                .file("com/example/shrunk/Other.java", "package com.example.shrunk; final class Other {}")
                .write(whole);
        Path jar = Files.createDirectories(folder("shrunk")).resolve("shrunk.jar");
        new PluginJar()
                .entry("module-info.class", entry(whole, "module-info.class"))
                .entry("com/example/shrunk/Other.class", entry(whole, "com/example/shrunk/Other.class"))
                .write(jar);
        Files.delete(whole);
        told("plugin 'shrunk': shrunk.jar provides com.example.shrunk.Provider, and has no such class; build it again");
    }

    private void compiledAgainst(String version) throws IOException {
        Path api = plugins.resolve("api.jar");
        new PluginJar()
                .file("module-info.java", "module carve.api { exports carve.api.mixer; }")
                .file(
                        "carve/api/mixer/MixerProvider.java",
                        "package carve.api.mixer; public interface MixerProvider {}")
                .version(version)
                .write(api);
        new PluginJar()
                .file("module-info.java", """
                        module com.example.other {
                            requires carve.api;
                            provides carve.api.mixer.MixerProvider with com.example.other.Provider;
                        }
                        """)
                .file(
                        "com/example/other/Provider.java",
                        "package com.example.other; public final class Provider implements carve.api.mixer.MixerProvider {}")
                .against(api)
                .write(folder("other").resolve("other.jar"));
    }

    @Test
    void anotherLineOfTheApi() throws IOException {
        compiledAgainst("7.2.0");
        told(
                "plugin 'other': module com.example.other was compiled against carve.api 7.2.0; this is %s; get a version of"
                                .formatted(API)
                        + " it for carve.api %s, or compile it against %s"
                                .formatted(ApiVersion.of(API).orElseThrow().line(), API));
    }

    @Test
    void aLaterVersionOfTheApi() throws IOException {
        String later = ApiVersion.of(API).orElseThrow().line() + ".99";
        compiledAgainst(later);
        told("plugin 'other': module com.example.other was compiled against carve.api %s; this is %s; update carve, or"
                        .formatted(later, API)
                + " compile it against %s".formatted(API));
    }

    // the first bytes of a library of Windows
    private static byte[] windows() {
        ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(0, (byte) 'M').put(1, (byte) 'Z').putInt(0x3C, 128);
        bytes.put(128, (byte) 'P').put(129, (byte) 'E').putShort(132, (short) 0x8664);
        return bytes.array();
    }

    private static byte[] elf(int machine) {
        ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(0, (byte) 0x7F)
                .put(1, "ELF".getBytes(StandardCharsets.US_ASCII))
                .putShort(18, (short) machine);
        return bytes.array();
    }

    @Test
    void nativeLibrariesForOtherMachines() throws IOException {
        PluginJar.mixer("com.example.pe", "pe")
                .entry("natives/kernels.dll", windows())
                .entry("natives/libkernels.so", elf(0x15))
                .write(folder("pe").resolve("pe.jar"));
        told("plugin 'pe': pe.jar: native libraries for linux-ppc64, windows-x86_64, none for this machine, %s; get a"
                        .formatted(Natives.here())
                + " build of it for %s".formatted(Natives.here()));
    }

    @Test
    void librariesMayDoWithoutTheirNativePart() throws IOException {
        PluginJar.mixer("com.example.soft", "soft").write(folder("soft").resolve("soft.jar"));
        new PluginJar()
                .file("soft/lib/Soft.java", "package soft.lib; public final class Soft {}")
                .entry("soft.dll", windows())
                .write(folder("soft").resolve("lib/soft-natives.jar"));
        told(
                "plugin 'soft': lib/soft-natives.jar: native libraries for windows-x86_64, none for this machine, %s; get a"
                                .formatted(Natives.here())
                        + " build of it for %s".formatted(Natives.here()));
        assertEquals(List.of(), PluginPlatform.load(List.of(), List.of(plugins)).problems());
    }

    @Test
    void filesThatAreNotWhatTheLockSays() throws IOException {
        PluginJar.mixer("com.example.changed", "changed")
                .write(folder("changed").resolve("changed.jar"));
        Path library = folder("changed").resolve("lib/library.jar");
        new PluginJar().entry("library.txt", new byte[1]).write(library);
        new PluginStore(plugins).lock("changed");
        String expected = sum("changed/changed.jar");
        PluginJar.mixer("com.example.changed", "other").write(folder("changed").resolve("changed.jar"));
        Files.move(library, library.resolveSibling("new.jar"));
        String help = "install it again, or run `carve plugins verify changed --lock` if you changed it";
        String found = PluginLock.sum(folder("changed").resolve("changed.jar")).substring(0, 12);
        told(
                "plugin 'changed': changed/changed.jar is not the file that plugins.lock names: its SHA-256 begins with %s,"
                                .formatted(found)
                        + " expected %s; %s".formatted(expected, help),
                "plugin 'changed': changed/lib/library.jar of plugins.lock is missing; " + help,
                "plugin 'changed': changed/lib/new.jar is not in plugins.lock; " + help);
    }

    private String sum(String path) throws IOException {
        return Files.readAllLines(plugins.resolve("plugins.lock")).stream()
                .filter(line -> line.endsWith("  " + path))
                .map(line -> line.substring(0, 12))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aLockThatIsNone() throws IOException {
        Folders.delete(folder("good"));
        PluginJar.mixer("com.example.late", "late").write(folder("late").resolve("late.jar"));
        Files.writeString(plugins.resolve("plugins.lock"), "0123 late/late.jar\n");
        assertEquals(
                List.of(
                        "plugin 'late': %s: 1: expected a SHA-256, two spaces and a path, found '0123 late/late.jar'; correct"
                                        .formatted(plugins.resolve("plugins.lock"))
                                + " it, or delete the file and run `carve plugins verify --lock`"),
                PluginPlatform.load(List.of(), List.of(plugins)).problems());
    }

    @Test
    void allProblemsAreToldAtOnce() throws IOException {
        compiledAgainst("7.2.0");
        Path jar = folder("other").resolve("other.jar");
        new PluginJar()
                .entry("module-info.class", entry(jar, "module-info.class"))
                .entry("com/example/other/Provider.class", entry(jar, "com/example/other/Provider.class"))
                .entry("com/example/other/lib.dll", windows())
                .entry("../out", new byte[1])
                .entry(
                        "META-INF/services/carve.api.loss.LossProvider",
                        "com.example.other.Loss".getBytes(StandardCharsets.UTF_8))
                .write(jar);
        Files.writeString(
                Files.createDirectories(folder("other").resolve("lib")).resolve("torn.jar"), "");
        told(
                "plugin 'other': lib/torn.jar cannot be read: zip file is empty; copy or build it again",
                "plugin 'other': module com.example.other was compiled against carve.api 7.2.0; this is %s; get a version of"
                                .formatted(API)
                        + " it for carve.api %s, or compile it against %s"
                                .formatted(ApiVersion.of(API).orElseThrow().line(), API),
                "plugin 'other': other.jar has entries that lead out of the folder where it is unpacked: ../out; do not use"
                        + " it, and tell where you have it from",
                "plugin 'other': other.jar: META-INF/services/carve.api.loss.LossProvider names com.example.other.Loss, which"
                        + " nobody reads in a module; write `provides carve.api.loss.LossProvider with"
                        + " com.example.other.Loss;` in its module-info.java",
                "plugin 'other': other.jar: native libraries for windows-x86_64, none for this machine, %s; get a build of it"
                                .formatted(Natives.here())
                        + " for %s".formatted(Natives.here()));
    }
}
