package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins are installed, replaced and removed whole or not at all, and the lock knows of it. */
final class PluginStoreTest {
    @TempDir
    private static Path shared;

    private static Path one;
    private static Path two;

    @TempDir
    private Path work;

    private Path plugins;
    private PluginStore store;

    @BeforeAll
    static void compile() throws IOException {
        one = shared.resolve("retention-1.0.jar");
        two = shared.resolve("retention-2.0.jar");
        PluginJarBuilder.mixer("com.example.retention", "one").version("1.0").write(one);
        PluginJarBuilder.mixer("com.example.retention", "two").version("2.0").write(two);
    }

    @BeforeEach
    void makeTheStore() {
        plugins = work.resolve("plugins");
        store = new PluginStore(plugins);
    }

    private List<String> files() throws IOException {
        if (Files.notExists(plugins)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(plugins)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> plugins.relativize(file).toString())
                    .sorted()
                    .toList();
        }
    }

    private Set<String> provided() {
        return PluginSet.load(List.of(), List.of(plugins)).providers().stream()
                .map(PluginSet::describe)
                .collect(Collectors.toSet());
    }

    private Path zip(String... entries) throws IOException {
        Path zip = work.resolve("retention.zip");
        try (OutputStream out = Files.newOutputStream(zip);
                ZipOutputStream target = new ZipOutputStream(out)) {
            for (String entry : entries) {
                target.putNextEntry(new ZipEntry(entry));
                target.write(entry.endsWith("retention.jar") ? Files.readAllBytes(one) : new byte[1]);
                target.closeEntry();
            }
        }
        return zip;
    }

    @Test
    void aPluginIsInstalledUnderTheNameThatItSays() throws IOException {
        Path jar = work.resolve("whatever-1.0.jar");
        PluginJarBuilder.mixer("com.example.longmemory", "one")
                .file("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nCarve-Plugin: long-memory\n\n")
                .write(jar);
        assertEquals("long-memory", store.install(jar, "").name());
        assertEquals("mine", store.install(jar, "mine").name());
    }

    @Test
    void aPluginThatSaysNoneIsInstalledUnderTheNameOfItsFile() throws IOException {
        Path jar = work.resolve("mamba-3-1.0-SNAPSHOT.jar");
        Files.copy(one, jar);
        assertEquals("mamba-3", store.install(jar, "").name());
        assertEquals("mamba-3", nameOfFolder("mamba-3"));
        assertEquals("retention", nameOfFolder("My Plugin"));
    }

    private String nameOfFolder(String name) throws IOException {
        Path folder = Files.createDirectory(work.resolve(name));
        Files.copy(one, folder.resolve("some.jar"));
        return PluginStore.verify(folder).isEmpty() ? store.install(folder, "").name() : "";
    }

    @Test
    void aJarIsInstalledWhole() throws IOException {
        assertEquals(new PluginStore.Installed("retention", false, List.of()), store.install(one, ""));
        assertEquals(List.of("plugins.lock", "retention/retention-1.0.jar"), files());
        assertEquals(List.of("retention"), store.locked());
        assertEquals(Set.of("mixer 'one'"), provided());
    }

    @Test
    void anotherVersionTakesItsPlaceAndTheOldFilesGo() throws IOException {
        store.install(one, "");
        store.disable("retention");
        assertEquals(new PluginStore.Installed("retention", true, List.of()), store.install(two, ""));
        assertEquals(List.of("plugins.lock", "retention/disabled", "retention/retention-2.0.jar"), files());
        assertEquals(Set.of(), provided());
        store.enable("retention");
        assertEquals(Set.of("mixer 'two'"), provided());
    }

    @Test
    void aFolderIsInstalledWithItsLibraries() throws IOException {
        Path folder = Files.createDirectories(work.resolve("built/lib"));
        new PluginJarBuilder().entry("library.txt", new byte[1]).write(folder.resolve("library.jar"));
        Files.copy(one, work.resolve("built/retention.jar"));
        store.install(work.resolve("built"), "other");
        assertEquals(List.of("other/lib/library.jar", "other/retention.jar", "plugins.lock"), files());
    }

    @Test
    void theOneFolderOfAZipIsThePlugin() throws IOException {
        store.install(zip("retention-1.0/retention.jar", "retention-1.0/README"), "");
        assertEquals(List.of("plugins.lock", "retention/README", "retention/retention.jar"), files());
    }

    @Test
    void aZipWhoseEntriesLeadOutIsRefusedAndNothingIsWritten() throws IOException {
        Path zip = zip("retention.jar", "../../evil", "/evil");
        var refused = assertThrows(PluginException.class, () -> store.install(zip, ""));
        assertEquals(
                zip
                        + " has entries that are not paths of files in its folder: ../../evil, /evil; do not use it, and"
                        + " tell where you have it from",
                refused.getMessage());
        assertEquals(List.of(), files());
        assertFalse(Files.exists(work.resolve("evil")));
    }

    @Test
    void aZipThatUnpacksToTooMuchIsRefused() throws IOException {
        Path zip = zip("retention.jar", "one", "two", "three");
        long most = Files.size(one) + 2;
        assertEquals(
                "%s unpacks to more than %d bytes, the limit; a folder has none".formatted(zip, most),
                assertThrows(PluginException.class, () -> unpack(zip, most, "unpacked"))
                        .getMessage());
        unpack(zip, most + 1, "again");
        assertTrue(Files.exists(work.resolve("again/three")));
    }

    private void unpack(Path zip, long maxBytes, String folder) throws IOException {
        try (ZipPackage source = ZipPackage.open(zip, maxBytes)) {
            source.unpack(work.resolve(folder));
        }
    }

    @Test
    void whatHasNotPassedTheChecksIsNotInstalledAndWhatWasThereStays() throws IOException {
        store.install(one, "");
        List<String> before = files();
        Path bad = work.resolve("retention-3.0.jar");
        PluginJarBuilder.mixer("com.example.retention", "three")
                .entry("../out", new byte[1])
                .write(bad);
        Files.writeString(Files.createDirectories(work.resolve("bad/lib")).resolve("torn.jar"), "");
        Files.move(bad, work.resolve("bad/retention.jar"));
        var refused = assertThrows(PluginException.class, () -> store.install(work.resolve("bad"), ""));
        assertEquals("""
                %s cannot be installed:
                  plugin 'bad': lib/torn.jar cannot be read: zip file is empty; copy or build it again
                  plugin 'bad': retention.jar has entries that lead out of the folder where it is unpacked: ../out; do \
                not use it, and tell where you have it from""".formatted(work.resolve("bad")), refused.getMessage());
        assertEquals(before, files());
        assertEquals(Set.of("mixer 'one'"), provided());
    }

    @Test
    void aFileThatIsNothingIsTold() throws IOException {
        Path none = work.resolve("none.jar");
        assertEquals(
                none + ": no such file; name a jar, a folder with jars, or a zip of it",
                assertThrows(PluginException.class, () -> store.install(none, ""))
                        .getMessage());
        Path text = Files.writeString(work.resolve("notes.txt"), "");
        assertEquals(
                text + ": neither a jar nor a folder with jars nor a zip of it",
                assertThrows(PluginException.class, () -> store.install(text, ""))
                        .getMessage());
        assertEquals(
                "'No Name' cannot be the name of a plugin, which has lower-case letters, digits and dashes; choose another with"
                        + " --name",
                assertThrows(PluginException.class, () -> store.install(one, "No Name"))
                        .getMessage());
        assertEquals(List.of(), files());
    }

    @Test
    void removingTakesTheFilesAndTheLock() throws IOException {
        store.install(one, "");
        store.install(two, "second");
        store.remove("retention");
        assertEquals(List.of("plugins.lock", "second/retention-2.0.jar"), files());
        assertEquals(List.of("second"), store.locked());
        assertEquals(
                plugins + ": no plugin 'secnd'; there is second (did you mean 'second'?)",
                assertThrows(PluginException.class, () -> store.remove("secnd")).getMessage());
    }

    @Test
    void lockedPluginsWhoseFolderIsGoneAreToldAndCanBeTakenOff() throws IOException {
        store.install(one, "");
        FileTrees.delete(plugins.resolve("retention"));
        assertEquals(
                List.of(
                        "plugin 'retention': plugins.lock names it, and there is no folder of it in %s; install it again, or"
                                        .formatted(plugins)
                                + " run `carve plugins remove retention`"),
                store.missingPlugins().stream().map(PluginProblem::line).toList());
        store.remove("retention");
        assertEquals(List.of(), store.missingPlugins());
    }

    // what a process leaves that is killed while it changes the folder
    private void killed() throws IOException {
        Files.writeString(plugins.resolve(".changing"), "999999999 1");
    }

    @Test
    void killedBeforeTheNewOneIsInPlaceTheOldOneComesBack() throws IOException {
        store.install(one, "");
        List<String> before = files();
        Files.createDirectories(plugins.resolve(".new-installed"));
        Files.copy(two, plugins.resolve(".new-installed/retention-2.0.jar"));
        Files.move(plugins.resolve("retention"), plugins.resolve(".old-retention"));
        killed();
        assertEquals(Set.of("mixer 'one'"), provided());
        assertEquals(before, files());
    }

    @Test
    void killedBeforeTheLockIsWrittenTheOldOneComesBack() throws IOException {
        store.install(one, "");
        List<String> before = files();
        Files.move(plugins.resolve("retention"), plugins.resolve(".old-retention"));
        Files.createDirectories(plugins.resolve("retention"));
        Files.copy(two, plugins.resolve("retention/retention-2.0.jar"));
        killed();
        assertEquals(Set.of("mixer 'one'"), provided());
        assertEquals(before, files());
    }

    @Test
    void killedAfterTheLockIsWrittenTheNewOneStays() throws IOException {
        store.install(two, "");
        List<String> after = files();
        Files.createDirectories(plugins.resolve(".old-retention"));
        Files.copy(one, plugins.resolve(".old-retention/retention-1.0.jar"));
        killed();
        assertEquals(Set.of("mixer 'two'"), provided());
        assertEquals(after, files());
    }

    @Test
    void oneAtATimeChangesAFolder() throws Exception {
        Thread other = Thread.ofPlatform().unstarted(() -> store.install(one, ""));
        try (var _ = FolderLock.acquire(plugins)) {
            other.start();
            other.join(300);
            assertTrue(other.isAlive());
            assertFalse(Files.exists(plugins.resolve("retention")));
        }
        other.join();
        assertEquals(Set.of("mixer 'one'"), provided());
    }

    @Test
    void filesAreVerifiedBeforeTheyAreInstalled() throws IOException {
        assertEquals(List.of(), PluginStore.verify(one));
        Path old = work.resolve("plain.jar");
        new PluginJarBuilder()
                .file("plain/Plain.java", "package plain; public final class Plain {}")
                .write(old);
        assertEquals(
                List.of(
                        "plugin 'plain': plain.jar has no module-info.class; give it a module-info.java, or move it to lib/ if"
                                + " it is a library"),
                PluginStore.verify(old).stream().map(PluginProblem::line).toList());
    }
}
