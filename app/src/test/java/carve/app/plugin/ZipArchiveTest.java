package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the entries of an archive are called, nothing is written outside the folder, and checking writes nothing. */
final class ZipArchiveTest {
    private static final long SEED = 20261130;
    private static final List<String> SEGMENTS = List.of(
            "nice",
            "lib",
            "..",
            ".",
            "",
            "...",
            "C:",
            "c:x",
            "a\\b",
            "..\\x",
            "~",
            "nul",
            "COM1.txt",
            "x.",
            "x ",
            "Nice",
            "LIB",
            "x.jar",
            "a\u0000b",
            "a\nb",
            "\u00e9",
            "e\u0301",
            "x".repeat(300),
            "home");

    @TempDir
    private static Path shared;

    private static Path good;

    @TempDir
    private Path work;

    private Path plugins;
    private PluginStore store;

    /** An entry of a zip that may have a name twice. */
    private record Entry(String name, byte[] content) {
        static Entry of(String name) {
            return new Entry(name, new byte[] {1});
        }
    }

    @BeforeAll
    static void compile() throws IOException {
        good = shared.resolve("nice-1.0.jar");
        PluginJarBuilder.mixer("com.example.nice", "nice").write(good);
    }

    @BeforeEach
    void makeTheFolders() throws IOException {
        plugins = Files.createDirectories(work.resolve("home/plugins"));
        store = new PluginStore(plugins);
    }

    // a zip is put together so that names may be anything
    private Path zip(List<Entry> entries) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Map<String, String> places = new TreeMap<>();
        try (ZipOutputStream out = new ZipOutputStream(bytes, StandardCharsets.UTF_8)) {
            for (int i = 0; i < entries.size(); i++) {
                byte[] name = entries.get(i).name.getBytes(StandardCharsets.UTF_8);
                String place = "%06d".formatted(i) + "#".repeat(Math.max(0, name.length - 6));
                out.putNextEntry(new ZipEntry(name.length < 6 ? entries.get(i).name : place));
                out.write(entries.get(i).content);
                out.closeEntry();
                places.put(place, entries.get(i).name);
            }
        }
        byte[] raw = bytes.toByteArray();
        places.forEach((place, name) -> replace(raw, place.getBytes(StandardCharsets.UTF_8), name));
        return Files.write(work.resolve("nice.zip"), raw);
    }

    private static void replace(byte[] in, byte[] old, String name) {
        byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
        if (bytes.length != old.length) {
            return; // it was written under its own name
        }
        for (int i = 0; i + old.length <= in.length; i++) {
            if (java.util.Arrays.equals(in, i, i + old.length, old, 0, old.length)) {
                System.arraycopy(bytes, 0, in, i, bytes.length);
            }
        }
    }

    private Path zip(String... names) throws IOException {
        List<Entry> entries = new ArrayList<>();
        entries.add(new Entry("nice/nice-1.0.jar", Files.readAllBytes(good)));
        Stream.of(names).map(Entry::of).forEach(entries::add);
        return zip(entries);
    }

    private List<String> tree() throws IOException {
        try (Stream<Path> all = Files.walk(work)) {
            return all.map(path -> work.relativize(path).toString())
                    .filter(path -> !path.equals("nice.zip"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void noNameLeadsOutAfterTheTopFolderIsTakenOff() throws IOException {
        Path outside = work.resolve("outside/pwn.jar");
        Path zip = zip("nice/" + outside);
        assertEquals(2, Files.readString(zip, StandardCharsets.ISO_8859_1).split("nice//", -1).length - 1);
        List<String> before = tree();
        var refused = assertThrows(PluginException.class, () -> PluginStore.verify(zip));
        assertEquals(
                zip + " has entries that are not paths of files in its folder: nice/" + outside
                        + "; do not use it, and tell where you have it from",
                refused.getMessage());
        assertThrows(PluginException.class, () -> store.install(zip, ""));
        assertEquals(before, tree());
    }

    @Test
    void generatedNamesAreRefusedOrStayInside() throws IOException {
        Random random = new Random(SEED);
        int installed = 0;
        for (int i = 0; i < 400; i++) {
            String[] names = Stream.generate(() -> name(random))
                    .filter(name -> !name.isEmpty())
                    .limit(1 + random.nextInt(3))
                    .distinct()
                    .toArray(String[]::new);
            Path zip = zip(names);
            Path target = work.resolve("home/unpacked");
            List<String> before = tree();
            try (ZipPackage source = ZipPackage.open(zip, 1 << 20)) {
                source.unpack(target);
                installed++;
            } catch (PluginException e) {
                assertEquals(before, tree(), () -> "refused, and something was written: " + List.of(names));
            }
            FileTrees.delete(target);
            assertEquals(before, tree(), () -> "written outside: " + List.of(names));
        }
        assertTrue(installed > 20, "only %d were good".formatted(installed));
    }

    private static String name(Random random) {
        boolean harmless = random.nextInt(3) == 0;
        return random.ints(1 + random.nextInt(4), 0, SEGMENTS.size())
                .mapToObj(i -> harmless ? "f" + i : SEGMENTS.get(i))
                .collect(Collectors.joining("/", random.nextBoolean() ? "nice/" : "", ""));
    }

    @Test
    void theWriterChecksThePathItself() throws IOException {
        UnpackFolder folder = new UnpackFolder(work.resolve("target"));
        Files.createSymbolicLink(work.resolve("target/link"), work);
        for (String path :
                List.of("../x", "/x", "a/../../x", "a//x", "./x", "", "link/x", "a\\..\\x", "C:/x", "link")) {
            InputStream content = new ByteArrayInputStream(new byte[1]);
            assertThrows(Exception.class, () -> folder.write(path, content), path);
        }
        folder.write("a/x", new ByteArrayInputStream(new byte[1]));
        assertThrows(IOException.class, () -> folder.write("a/x", new ByteArrayInputStream(new byte[1])));
        assertEquals(List.of("", "home", "home/plugins", "target", "target/a", "target/a/x", "target/link"), tree());
    }

    @Test
    void pathsThatReplaceEachOtherAreRefused() throws IOException {
        for (List<String> names : List.of(
                List.of("nice/a", "nice/a"),
                List.of("nice/a", "nice/A"),
                List.of("nice/stra\u00dfe", "nice/STRASSE"),
                List.of("nice/\u00e9", "nice/e\u0301"),
                List.of("nice/lib/a", "nice/LIB/b"),
                List.of("nice/a", "nice/a/b"))) {
            List<Entry> entries = names.stream()
                    .map(name -> name.length() > 5 ? Entry.of(name) : Entry.of("nice/" + name))
                    .toList();
            Path zip = zip(entries);
            var refused = assertThrows(PluginException.class, () -> PluginStore.verify(zip), names.toString());
            assertTrue(refused.getMessage().contains("would replace each other"), refused.getMessage());
        }
    }

    @Test
    void checkingAZipFindsWhatIsWrongAndWritesNothing() throws IOException {
        Path zip = zip("nice/README.txt");
        List<String> before = tree();
        List<String> temporary = temporary();
        assertEquals(List.of(), PluginStore.verify(zip));
        Path torn = zip("nice/lib/torn.jar");
        assertEquals(
                List.of("plugin 'nice': lib/torn.jar cannot be read: it has no entries; copy or build it again"),
                PluginStore.verify(torn).stream().map(PluginProblem::line).toList());
        assertEquals(before, tree());
        assertEquals(temporary, temporary());
    }

    private static List<String> temporary() throws IOException {
        try (Stream<Path> all = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            return all.map(Path::toString)
                    .filter(path -> path.contains("carve-plugin"))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void entriesThatUnpackToVeryMuchAreNotReadToTheirEnd() throws IOException {
        for (String name : List.of(
                "META-INF/services/carve.api.mixer.MixerProvider",
                "META-INF/MANIFEST.MF",
                "com/example/nice/Big.class")) {
            Path jar = work.resolve("big.jar");
            byte[] head = {(byte) 0xCA, (byte) 0xFE, (byte) 0xBA, (byte) 0xBE, 0, 0, 0, 69};
            byte[] big = java.util.Arrays.copyOf(head, 40 << 20);
            PluginJarBuilder.mixer("com.example.nice", "nice").entry(name, big).write(jar);
            String alone = told(jar);
            assertTrue(alone.contains("unpacks to more than"), alone);
            String zipped = told(zip(List.of(new Entry("nice/big.jar", Files.readAllBytes(jar)))));
            assertTrue(alone.startsWith("plugin 'big': big.jar cannot be read: " + name), alone);
            assertEquals(alone.replace("plugin 'big'", "plugin 'nice'"), zipped);
        }
    }

    private static String told(Path file) {
        return PluginStore.verify(file).stream().map(PluginProblem::line).collect(Collectors.joining("\n"));
    }

    @Test
    void linksInAZipAreFilesWithTheirText() throws IOException {
        Path zip = zip("nice/link");
        byte[] raw = Files.readAllBytes(zip);
        ByteBuffer bytes = ByteBuffer.wrap(raw).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i + 46 < raw.length; i++) {
            if (bytes.getInt(i) == 0x02014b50) {
                bytes.put(i + 5, (byte) 3).putInt(i + 38, 0xA1FF << 16); // made on Unix, a symbolic link
            }
        }
        Files.write(zip, raw);
        try (ZipPackage source = ZipPackage.open(zip, 1 << 20)) {
            source.unpack(work.resolve("target"));
        }
        assertTrue(Files.isRegularFile(work.resolve("target/link"), LinkOption.NOFOLLOW_LINKS));
    }

    @Test
    void hiddenJarsAreNotLoadedAsTheLockDoesNotNameThem() throws IOException {
        Path folder = Files.createDirectories(plugins.resolve("nice"));
        Files.copy(good, folder.resolve("nice.jar"));
        Files.copy(good, folder.resolve(".hidden.jar"));
        assertEquals(List.of(folder.resolve("nice.jar")), new PluginFiles("nice", folder).jars());
    }
}
