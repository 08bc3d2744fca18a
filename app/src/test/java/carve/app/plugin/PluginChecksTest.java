package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Tests that faults in the files of a plugin are reported at once, before any of it runs, and stop no other plugin. */
final class PluginChecksTest extends PluginChecksFixture {
    // the class file of an entry for the Java after this one
    private byte[] newer(String module, String name, String entry) throws IOException {
        Path jar = plugins.resolve("newer.jar");
        PluginJarBuilder.mixer(module, name).write(jar);
        byte[] bytes = entry(jar, entry);
        Files.delete(jar);
        ByteBuffer.wrap(bytes).putShort(6, (short) (Runtime.version().feature() + 45));
        return bytes;
    }

    private static byte[] elf(int machine) {
        ByteBuffer bytes = ByteBuffer.allocate(256).order(ByteOrder.LITTLE_ENDIAN);
        bytes.put(0, (byte) 0x7F)
                .put(1, "ELF".getBytes(StandardCharsets.US_ASCII))
                .putShort(18, (short) machine);
        return bytes.array();
    }

    @Test
    void aFolderWithoutJars() throws IOException {
        Files.createDirectories(folder("empty"));
        assertReported(
                "plugin 'empty': no jar in %s; put the jar of its module there, and the libraries that it needs into lib/"
                        .formatted(folder("empty")));
    }

    @Test
    void aJarThatIsNone() throws IOException {
        Files.writeString(Files.createDirectories(folder("torn")).resolve("torn.jar"), "not a zip file");
        assertReported("plugin 'torn': torn.jar cannot be read: zip END header not found; copy or build it again");
    }

    @Test
    void entriesThatLeadOutOfTheirFolder() throws IOException {
        PluginJarBuilder.mixer("com.example.slip", "slip")
                .entry("../../evil.conf", new byte[1])
                .entry("/etc/evil.conf", new byte[1])
                .entry("natives/../../../evil.so", new byte[1])
                .entry("C:\\evil.dll", new byte[1])
                .write(folder("slip").resolve("slip.jar"));
        assertReported(
                "plugin 'slip': slip.jar has entries that lead out of the folder where it is unpacked: ../../evil.conf,"
                        + " /etc/evil.conf, natives/../../../evil.so, C:\\evil.dll; do not use it, and tell where you have it"
                        + " from");
    }

    @Test
    void aJarThatIsNoModule() throws IOException {
        new PluginJarBuilder()
                .file("plain/Plain.java", "package plain; public final class Plain {}")
                .write(folder("plain").resolve("plain.jar"));
        assertReported(
                "plugin 'plain': plain.jar has no module-info.class; give it a module-info.java, or move it to lib/ if it"
                        + " is a library");
    }

    @Test
    void classesForANewerJava() throws IOException {
        String provider = "com/example/next/Provider.class";
        PluginJarBuilder.mixer("com.example.next", "next")
                .entry(provider, newer("com.example.next", "next", provider))
                .write(folder("next").resolve("next.jar"));
        int java = Runtime.version().feature();
        assertReported(
                "plugin 'next': next.jar: %s is for Java %d (class file version %d); this is Java %d; compile it with"
                                .formatted(provider, java + 1, java + 45, java)
                        + " --release %d, or get a version for this Java".formatted(java));
    }

    @Test
    void aModuleForANewerJava() throws IOException {
        String module = "module-info.class";
        PluginJarBuilder.mixer("com.example.later", "later")
                .entry(module, newer("com.example.later", "later", module))
                .write(folder("later").resolve("later.jar"));
        int java = Runtime.version().feature();
        assertReported(
                "plugin 'later': later.jar: %s is for Java %d (class file version %d); this is Java %d; compile it with"
                                .formatted(module, java + 1, java + 45, java)
                        + " --release %d, or get a version for this Java".formatted(java));
    }

    @Test
    void classesOfPreviewFeatures() throws IOException {
        String provider = "com/example/good/Provider.class";
        byte[] bytes = entry(good, provider);
        ByteBuffer.wrap(bytes).putShort(4, (short) 0xFFFF);
        PluginJarBuilder.mixer("com.example.preview", "preview")
                .entry("com/example/preview/One.class", bytes)
                .entry("com/example/preview/Two.class", bytes)
                .entry("com/example/preview/Three.class", bytes)
                .write(folder("preview").resolve("preview.jar"));
        int java = Runtime.version().feature();
        String told =
                "plugin 'preview': preview.jar: com/example/preview/One.class is compiled with preview features of Java"
                        + " %d, and 2 more like it; this is Java %d; compile it with --release %d, or get a version for this Java";
        assertReported(told.formatted(java, java, java));
    }

    @Test
    void nativeLibrariesForOtherMachines() throws IOException {
        PluginJarBuilder.mixer("com.example.pe", "pe")
                .entry("natives/kernels.dll", windows())
                .entry("natives/libkernels.so", elf(0x15))
                .write(folder("pe").resolve("pe.jar"));
        assertReported(
                "plugin 'pe': pe.jar: native libraries for linux-ppc64, windows-x86_64, none for this machine, %s; get a"
                                .formatted(NativeLibraries.currentPlatform())
                        + " build of it for %s".formatted(NativeLibraries.currentPlatform()));
    }

    @Test
    void librariesMayDoWithoutTheirNativePart() throws IOException {
        PluginJarBuilder.mixer("com.example.soft", "soft").write(folder("soft").resolve("soft.jar"));
        new PluginJarBuilder()
                .file("soft/lib/Soft.java", "package soft.lib; public final class Soft {}")
                .entry("soft.dll", windows())
                .write(folder("soft").resolve("lib/soft-natives.jar"));
        assertReported(
                "plugin 'soft': lib/soft-natives.jar: native libraries for windows-x86_64, none for this machine, %s; get a"
                                .formatted(NativeLibraries.currentPlatform())
                        + " build of it for %s".formatted(NativeLibraries.currentPlatform()));
        assertEquals(List.of(), PluginSet.load(List.of(), List.of(plugins)).problemMessages());
    }

    @Test
    void filesThatAreNotWhatTheLockSays() throws IOException {
        PluginJarBuilder.mixer("com.example.changed", "changed")
                .write(folder("changed").resolve("changed.jar"));
        Path library = folder("changed").resolve("lib/library.jar");
        new PluginJarBuilder().entry("library.txt", new byte[1]).write(library);
        new PluginStore(plugins).lock("changed");
        String expected = sum("changed/changed.jar");
        PluginJarBuilder.mixer("com.example.changed", "other")
                .write(folder("changed").resolve("changed.jar"));
        Files.move(library, library.resolveSibling("new.jar"));
        String help = "install it again, or run `carve plugins verify changed --lock` if you changed it";
        String found =
                PluginLockFile.sum(folder("changed").resolve("changed.jar")).substring(0, 12);
        assertReported(
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
        FileTrees.delete(folder("good"));
        PluginJarBuilder.mixer("com.example.late", "late").write(folder("late").resolve("late.jar"));
        Files.writeString(plugins.resolve("plugins.lock"), "0123 late/late.jar\n");
        assertEquals(
                List.of(
                        "plugin 'late': %s: 1: expected a SHA-256, two spaces and a path, found '0123 late/late.jar'; correct"
                                        .formatted(plugins.resolve("plugins.lock"))
                                + " it, or delete the file and run `carve plugins verify --lock`"),
                PluginSet.load(List.of(), List.of(plugins)).problemMessages());
    }

    @Test
    void allProblemsAreToldAtOnce() throws IOException {
        compiledAgainst("7.2.0");
        Path jar = folder("other").resolve("other.jar");
        new PluginJarBuilder()
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
        assertReported(
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
                                .formatted(NativeLibraries.currentPlatform())
                        + " for %s".formatted(NativeLibraries.currentPlatform()));
    }
}
