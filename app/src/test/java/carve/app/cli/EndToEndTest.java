package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorSource;
import carve.api.checkpoint.TensorSources;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.runtime.safetensors.Checkpoint;
import carve.runtime.safetensors.SafeTensorsFile;
import carve.runtime.safetensors.SafeTensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands do what they say, on the official tiny models and with the plugins that are built beside the program. */
final class EndToEndTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final int IMAGE_TOKEN = 120;

    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.installed();

    private static String model(String name) {
        return FIXTURES.resolve(name).toString();
    }

    // the inputs of one case, under the names of the command
    private Path input(String model, String name) {
        Path file = folder.resolve("in.safetensors");
        String prefix = "in." + name + ".";
        try (SafeTensorsFile io = SafeTensorsFile.open(FIXTURES.resolve(model).resolve("io.safetensors"))) {
            Map<String, carve.api.checkpoint.TensorData> inputs = new LinkedHashMap<>();
            for (String tensor : io.names()) {
                if (Set.of(prefix + "input_ids", prefix + "pixel_values").contains(tensor)) {
                    inputs.put(
                            tensor.substring(prefix.length()),
                            new carve.api.checkpoint.TensorData(io.type(tensor), io.data(tensor)));
                }
            }
            SafeTensorsWriter.write(file, TensorSources.of(inputs), Map.of());
        }
        return file;
    }

    @ParameterizedTest
    @ValueSource(strings = {"hovle_tiny", "mmmamba_linear_tiny", "mmmamba_hybrid_tiny"})
    void tracesAgreeWithTheOfficialCode(String model) {
        Path out = folder.resolve("out.safetensors");
        carve.succeeds(
                "trace",
                model(model),
                "--input",
                input(model, "L7s0").toString(),
                "--out",
                out.toString(),
                "--greedy",
                "4",
                "--exclude",
                "" + IMAGE_TOKEN);
        try (SafeTensorsFile ours = SafeTensorsFile.open(out);
                SafeTensorsFile theirs =
                        SafeTensorsFile.open(FIXTURES.resolve(model).resolve("io.safetensors"))) {
            for (String name : ours.names()) {
                if (theirs.names().contains("out.L7s0." + name) && !name.startsWith("greedy")) {
                    close(name, floats(theirs, "out.L7s0." + name), floats(ours, name));
                }
            }
            assertTrue(ours.names().containsAll(Set.of("logits", "h.embed", "h.emb.0", "h.llm.3", "h.final_norm")));
            if (theirs.names().contains("out.L7s0.greedy_tokens")) {
                long[] expected = longs(theirs, "out.L7s0.greedy_tokens");
                assertArrayEquals(java.util.Arrays.copyOf(expected, 4), longs(ours, "greedy_tokens"));
            }
        }
    }

    private static float[] floats(SafeTensorsFile file, String name) {
        return DTypeConversion.floats(file.type(name).dtype(), file.data(name));
    }

    private static long[] longs(SafeTensorsFile file, String name) {
        return DTypeConversion.longs(file.type(name).dtype(), file.data(name));
    }

    private static void close(String name, float[] expected, float[] actual) {
        assertEquals(expected.length, actual.length, name);
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow(actual[i] - expected[i], 2);
            size += Math.pow(expected[i], 2);
        }
        assertTrue(
                Math.sqrt(error) <= 1e-4 * Math.sqrt(size),
                "%s: relative error %s".formatted(name, Math.sqrt(error / size)));
    }

    @Test
    void inspectCountsWithoutLoading() {
        String shown = carve.succeeds("inspect", model("mmmamba_hybrid_tiny"), "--at", "2000");
        assertTrue(shown.contains("mixers      attention x2, mamba2 x4\n"), shown);
        assertTrue(shown.contains("parameters  260,000, 8,256 of them carried along unused\n"), shown);
        assertTrue(shown.contains("    2,000  "), shown);
    }

    @Test
    void convertedTeachersHaveTheOfficialLayout() throws IOException {
        Path student = folder.resolve("student");
        Path plan = Files.writeString(folder.resolve("plan.conf"), "block = [mamba2 x3]\nlayers = ${block} ${block}\n");
        String account =
                carve.succeeds("convert", model("hovle_tiny"), "--plan", plan.toString(), "--out", student.toString());
        try (Checkpoint ours = Checkpoint.open(student);
                Checkpoint theirs = Checkpoint.open(FIXTURES.resolve("mmmamba_linear_tiny"));
                Checkpoint teacher = Checkpoint.open(FIXTURES.resolve("hovle_tiny"))) {
            assertEquals(types(theirs), types(ours));
            for (String name : teacher.names()) {
                if (ours.names().contains(name)) {
                    assertEquals(-1, teacher.data(name).mismatch(ours.data(name)), name);
                }
            }
        }
        assertTrue(account.contains("dropped          0 tensors, 0 parameters\n"), account);
        assertEquals(
                "initialised",
                Json.readObject(student.resolve("conversion.json"))
                        .object("layers.0.mixer.dt_bias")
                        .string("source"));
    }

    private static Map<String, String> types(TensorSource source) {
        Map<String, String> types = new java.util.TreeMap<>();
        source.names().forEach(name -> types.put(name, source.type(name).toString()));
        return types;
    }

    @Test
    void plansThatDoNotFitAreToldWithBothCounts() throws IOException {
        Path plan = Files.writeString(folder.resolve("plan.conf"), "layers = [mamba2 x5]\n");
        assertEquals(1, carve.run("convert", model("hovle_tiny"), "--plan", plan.toString(), "--out", "x"));
        assertEquals(
                "carve: %s: 1: key 'layers' has 5 entries, the model has 6 layers; name one for each, 'mixer x3' repeats, 'mixer x rest' fills and 'keep' leaves a layer as it is\n"
                        .formatted(plan),
                carve.err());
        Files.writeString(plan, "repeat = [mamba3]\n");
        assertEquals(1, carve.run("convert", model("hovle_tiny"), "--plan", plan.toString(), "--out", "x"));
        assertTrue(
                carve.err()
                        .startsWith(
                                "carve: %s: 1: key 'repeat', entry 1: no mixer 'mamba3'; there are ".formatted(plan)),
                carve.err());
    }

    @Test
    void aTeacherIsTrainedCarvedDistilledResumedAndAsked() throws IOException, InterruptedException {
        Path model = UntrainedModel.write(carve, folder);
        Path test = folder.resolve("shapes/test.json");
        Path recipe = Files.writeString(folder.resolve("teacher.conf"), """
                model = "%s", out = "%s", dtype = bf16
                data { type = llava, file = "%s" }
                stages = [{ name = words, type = supervised, steps = 2, batch-size = 2, tensorboard = false }]
                """.formatted(
                        model, folder.resolve("run"), folder.resolve("shapes/train.json")));
        carve.process("train", recipe.toString());
        Path teacher = folder.resolve("run/model");
        assertTrue(carve.process("inspect", teacher.toString()).contains(" BF16), "));

        Path distil = Files.writeString(folder.resolve("hybrid.conf"), """
                teacher = "%s", out = "%s"
                repeat = [keep, mamba2 x2]
                data { type = llava, file = "%s" }
                stages = [
                  { name = align, type = distill, inputs = teacher, train = ["layers.*.mixer.in_proj.**"]
                    losses = [{ type = mean-squared-error, site = heads }], steps = 2, batch-size = 2, checkpoint-steps = 1 }
                  { name = logits, type = distill, train = ["layers.*.mixer.**"], steps = 2, batch-size = 2 }
                ]
                """.formatted(
                        teacher, folder.resolve("hybrid"), folder.resolve("shapes/train.json")));
        carve.process("distill", distil.toString());
        byte[] whole = Files.readAllBytes(folder.resolve("hybrid/student/model.safetensors"));
        watched(folder.resolve("hybrid"));
        // as if killed in the second stage, before its first checkpoint
        try (var files = Files.walk(folder.resolve("hybrid/logits"))) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
        Files.delete(folder.resolve("hybrid/student/model.safetensors"));
        carve.process("distill", distil.toString(), "--resume");
        assertArrayEquals(whole, Files.readAllBytes(folder.resolve("hybrid/student/model.safetensors")));

        Path student = folder.resolve("hybrid/student");
        String scores = carve.process(
                "eval",
                student.toString(),
                "--data",
                test.toString(),
                "--max-tokens",
                "2",
                "--report",
                folder.resolve("report.json").toString());
        assertTrue(scores.startsWith("KIND"), scores);
        JsonObject report = Json.readObject(folder.resolve("report.json"));
        assertEquals(report.array("answers").items().size(), report.integer("total"));
        String[] ask = {
            "generate",
            student.toString(),
            "--prompt",
            "describe the picture",
            "--image",
            folder.resolve("shapes/test/000000.png").toString(),
            "--temperature",
            "2",
            "--seed",
            "7",
            "--max-tokens",
            "5"
        };
        assertEquals(carve.process(ask), carve.process(ask));
    }

    // a run writes what those who watch it want to see
    private void watched(Path run) throws IOException {
        for (String stage : List.of("align", "logits")) {
            List<String> lines = Files.readAllLines(run.resolve(stage).resolve("samples.jsonl"));
            assertEquals(2, lines.size());
            List<JsonValue> samples = Json.parseObject(lines.getLast(), "samples")
                    .array("samples")
                    .items();
            assertEquals(3, samples.size());
            samples.forEach(sample -> assertEquals(
                    List.of("question", "images", "expected", "teacher", "student"),
                    List.copyOf(((JsonObject) sample).keys())));
        }
        String shown = carve.succeeds("watch", run.toString(), "--once");
        assertTrue(shown.contains("\nlogits  finished     2      2 "), shown);
        assertTrue(shown.contains("\nalign: mean-squared-error@heads by layer, "), shown);
        assertTrue(shown.contains("\nlogits: gradient norm by layer, "), shown);
    }

    @Test
    void pathsOfPicturesThatAreNotThereAreTold() throws IOException {
        Path picture = folder.resolve("none.png");
        assertEquals(1, carve.run("generate", model("hovle_tiny"), "--prompt", "x", "--image", picture.toString()));
        assertEquals("carve: %s: no such file\n".formatted(picture), carve.err());
    }
}
