package carve.app.plugin;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.app.TestDistribution;
import carve.hocon.Hocon;
import carve.runtime.catalog.Catalogs;
import carve.runtime.plan.ExternalHybridConfig;
import carve.runtime.plan.LayerPlanReader;
import carve.runtime.train.Recipe;
import carve.testkit.fuzz.FuzzTarget;
import carve.testkit.fuzz.Fuzzer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Mutated plugins, plans and configurations of other projects are read, or refused by an error of Carve's own. */
final class FileFuzzTest {
    private static final List<String> PLANS = List.of(
            """
            mixers { mamba2 { type = mamba2, init = mimic }, wide { from = mamba2, conv-width = 4 } }
            block = [keep, mamba2 x3] # words
            layers = ${block} ${block}
            overrides { 0 = wide, "5-7" { norm-epsilon = 1e-6 }, -1 = keep }
            """,
            "repeat = \"(keep mamba2 x2) x2\"\noverrides { \"0-7/2\" = keep }\n",
            "ratio = [keep 12.5%, mamba2 87.5%]\n",
            "hybrid_override_pattern = \"M-M-*-M-M-M-M-*-\"\nlayer-kinds { linear = mamba2, \"*\" = keep }\n",
            "attn_layer_period = 4\nattn_layer_offset = 3\nlayer_types = [attention, mamba, ${?HOME}]\n");
    private static final List<String> YAML = List.of(
            "num_hidden_layers: 8\nattn_layers: [0, 4]\nhidden: &a {x: 1.5, y: ~}\nother: *a\n",
            "model:\n  num_hidden_layers: 4\n  layer_types:\n    - mamba\n    - attention\n    - mamba\n    - 'attention'\n");

    @TempDir
    private static Path folder;

    @TestFactory
    Stream<DynamicTest> everyInputIsReadOrRefused() throws IOException {
        return Stream.of(plan(), recipe(), yaml(), jar(), zip(), lock())
                .map(target -> DynamicTest.dynamicTest(target.name(), () -> Fuzzer.check(target)));
    }

    private static List<byte[]> bytes(List<String> texts) {
        return texts.stream().map(text -> text.getBytes(StandardCharsets.UTF_8)).toList();
    }

    private static FuzzTarget plan() throws IOException {
        Path place = Files.createDirectories(folder.resolve("plans"));
        Files.writeString(place.resolve("other.conf"), "block = [keep]\n");
        List<String> words = List.of(
                "${block}",
                "${?x}",
                "+= a",
                "include \"other.conf\"\n",
                "include \"plan.conf\"\n",
                "include url(\"file:///\")\n",
                "include file(\"/etc/passwd\")\n",
                "\"\"\"",
                " x rest",
                " x3",
                "a.b.c = 1\n",
                "from = wide",
                "layers = [",
                "overrides {");
        return new FuzzTarget("plan", bytes(PLANS), words, input -> {
            Path file = Files.write(place.resolve("plan.conf"), input);
            LayerPlanReader.read(Hocon.parseFile(file), 8);
        });
    }

    private static FuzzTarget recipe() throws IOException {
        Path place = Files.createDirectories(folder.resolve("recipes"));
        List<byte[]> seeds = new ArrayList<>();
        for (String name : List.of("stages.conf", "teacher.conf", "matvlm/stage.conf")) {
            seeds.add(Files.readAllBytes(Path.of("..", "demo").resolve(name)));
        }
        Catalogs catalogs = TestDistribution.catalogs();
        List<String> words = List.of(
                "steps = -1\n",
                "batch-size = 1000000000\n",
                "learning-rate = 1e999\n",
                "betas = []\n",
                "train = [\"[\"]\n",
                "train = [\"**.**.**.**\"]\n",
                "preset = recipe.conf\n",
                "preset = mmmamba-hybrid\n",
                "file = \"\\u0000\"\n",
                "losses = []\n",
                "schedule { type = x }\n");
        return new FuzzTarget("recipe", seeds, words, input -> {
            Path file = Files.write(place.resolve("recipe.conf"), input);
            Recipe recipe = Recipe.read(file);
            recipe.stages(catalogs);
            recipe.outputDtype();
            recipe.seed();
        });
    }

    private static FuzzTarget yaml() {
        List<String> words =
                List.of("*a", "&b [*a, *a]", "- ", "? ", ": ", "|\n  x\n", "!!set {a}", "---\n", "<<: *a\n", "%TAG");
        return new FuzzTarget("yaml", bytes(YAML), words, input -> {
            Path file = Files.write(folder.resolve("config.yaml"), input);
            ExternalHybridConfig.read(file);
        });
    }

    private static Path good() throws IOException {
        Path jar = folder.resolve("good.jar");
        if (!Files.exists(jar)) {
            PluginJarBuilder.mixer("com.example.good", "good")
                    .entry("META-INF/services/com.example.Other", "a.B # c\n".getBytes(StandardCharsets.UTF_8))
                    .entry("lib/x.so", new byte[80])
                    .file("META-INF/MANIFEST.MF", "Manifest-Version: 1.0\nCarve-Plugin: good\nMulti-Release: true\n\n")
                    .write(jar);
        }
        return jar;
    }

    // not compressed, so that what is changed inside is still read
    private static byte[] stored(Path jar, String top) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipFile from = new ZipFile(jar.toFile());
                ZipOutputStream to = new ZipOutputStream(bytes)) {
            to.setLevel(0);
            for (ZipEntry entry : from.stream().toList()) {
                to.putNextEntry(new ZipEntry(top + entry.getName()));
                to.write(from.getInputStream(entry).readAllBytes());
                to.closeEntry();
            }
        }
        return bytes.toByteArray();
    }

    private static FuzzTarget jar() throws IOException {
        List<byte[]> seeds = List.of(Files.readAllBytes(good()), stored(good(), ""));
        return new FuzzTarget(
                "plugin jar", seeds, List.of("module-info.class", "../", "META-INF/versions/9/"), input -> {
                    Path file = Files.write(folder.resolve("mutated.jar"), input);
                    requireNone(PluginStore.verify(file));
                });
    }

    private static void requireNone(List<PluginProblem> problems) {
        List<PluginProblem> fatal =
                problems.stream().filter(PluginProblem::fatal).toList();
        if (!fatal.isEmpty()) {
            throw new PluginException(fatal.getFirst().line());
        }
    }

    private static FuzzTarget zip() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setLevel(0);
            for (Map.Entry<String, byte[]> entry : Map.of(
                            "good/good.jar",
                            stored(good(), ""),
                            "good/lib/a.jar",
                            stored(good(), "x/"),
                            "good/README",
                            new byte[9])
                    .entrySet()) {
                zip.putNextEntry(new ZipEntry(entry.getKey()));
                zip.write(entry.getValue());
                zip.closeEntry();
            }
        }
        Path outside = Files.createDirectories(folder.resolve("outside"));
        List<String> words = List.of("good/../../x", "/", "//", "good//", "..", "good/lib/../../../", "C:");
        return new FuzzTarget("plugin zip", List.of(bytes.toByteArray()), words, input -> {
            Path file = Files.write(folder.resolve("mutated.zip"), input);
            Path inside = outside.resolve("target");
            try (ZipPackage source = ZipPackage.open(file, 1 << 22)) {
                source.unpack(inside);
                requireNone(PluginChecks.of("good", source, ModuleLayer.boot()));
            } catch (IOException e) {
                throw new PluginException("cannot be read: " + e, e); // as the store does
            } finally {
                FileTrees.delete(inside);
                try (Stream<Path> left = Files.list(outside)) {
                    assertEquals(List.of(), left.toList());
                }
            }
        });
    }

    private static FuzzTarget lock() throws IOException {
        Path plugins = folder.resolve("plugins");
        PluginStore store = new PluginStore(plugins);
        store.install(good(), "good");
        byte[] good = Files.readAllBytes(plugins.resolve(PluginLockFile.FILE));
        return new FuzzTarget("plugins.lock", List.of(good), List.of("../x", "good/", "0".repeat(64) + "  "), input -> {
            Files.write(plugins.resolve(PluginLockFile.FILE), input);
            requireNone(store.verify("good"));
        });
    }
}
