package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.runtime.safetensors.Checkpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A TinyLLaVA is carved by and by into a MaTVLM, and asked about pictures, with commands that know of neither. */
final class LlavaDistillationTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final String STAGE = """
            stages = [{
              name = single, type = distill, padding-mask = keys, dropout = 0.1, train-scope = not-kept
              train  = ["layers.*.mixer.**", "input.connector.**"]
              losses = [{ type = frobenius, inputs = teacher, layer-reduction = sum, mask = all, reduction = sum }
                        { type = kl, mask = all, reduction = batch-mean }]
              steps = 2, batch-size = 2, max-gradient-norm = 0.1, tensorboard = false
            }]
            """;

    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.installed();

    private String shapes(String name) {
        return folder.resolve("shapes").resolve(name).toString();
    }

    private Path trained() throws IOException, InterruptedException {
        carve.succeeds(
                "data",
                "shapes",
                "--out",
                folder.resolve("shapes").toString(),
                "-Dchat-template=phi",
                "-Dtrain-scenes=3",
                "-Dtest-scenes=1");
        Path model = Files.createDirectories(folder.resolve("untrained"));
        Path from = Path.of("..", "demo", "matvlm", "untrained");
        JsonObject config = Json.readObject(from.resolve("config.json"));
        JsonObject smaller =
                config.with("text_config", config.object("text_config").with("num_hidden_layers", 4));
        Files.writeString(model.resolve("config.json"), Json.print(smaller));
        Files.copy(from.resolve("tokenizer.json"), model.resolve("tokenizer.json"));
        Path recipe = Files.writeString(
                folder.resolve("teacher.conf"), """
                model = "%s", out = "%s", dtype = bf16
                data { type = llava, file = "%s" }
                stages = [{ name = words, type = supervised, steps = 2, batch-size = 2, tensorboard = false }]
                """.formatted(model, folder.resolve("teacher"), shapes("train.json")));
        carve.process("train", recipe.toString());
        return folder.resolve("teacher/model");
    }

    private Path converted(Path teacher) throws IOException {
        Path plan = Files.writeString(folder.resolve("quarter.conf"), "layers = [mamba-in-llama, \"keep x3\"]\n");
        Path student = folder.resolve("quarter");
        carve.succeeds(
                "convert", teacher.toString(), "--plan", plan.toString(), "--out", student.toString(), "--seed", "1");
        return student;
    }

    @Test
    void aTeacherIsCarvedByAndByAndAskedAboutPictures() throws IOException, InterruptedException {
        Path teacher = trained();
        Path quarter = converted(teacher);
        Path recipe = Files.writeString(folder.resolve("half.conf"), """
                teacher = "%s", out = "%s", previous-checkpoint = "%s"
                mixers { mamba2 { type = mamba-in-llama, init = kqvo } }
                layers = [mamba2, keep, mamba2, keep]
                data { type = llava, file = "%s", max-length = 512, overlong = truncate }
                %s
                """.formatted(
                        teacher, folder.resolve("half"), quarter, shapes("train.json"), STAGE));
        carve.process("distill", recipe.toString());
        assertContinued(quarter, folder.resolve("half/start"));
        Path half = folder.resolve("half/student");
        assertEquals(
                List.of(1, 3),
                Json.readObject(half.resolve("mamba_config.json")).array("attn_layers").items().stream()
                        .map(item -> Integer.valueOf(Json.compact(item)))
                        .toList());
        assertTrue(
                carve.succeeds("inspect", half.toString()).contains("mixers      attention x2, mamba-in-llama x2\n"));
        asked(half);
    }

    // what was carved first goes on, what is new begins
    private static void assertContinued(Path earlier, Path start) {
        JsonObject account = Json.readObject(start.resolve("conversion.json"));
        assertEquals("continued", account.object("layers.0.mixer.A_log").string("source"));
        assertEquals("initialised", account.object("layers.2.mixer.A_log").string("source"));
        try (Checkpoint before = Checkpoint.open(earlier);
                Checkpoint after = Checkpoint.open(start)) {
            for (String name : List.of("in_proj.weight", "A_log", "conv1d.bias", "out_proj.weight")) {
                String tensor = "language_model.model.layers.0.mamba." + name;
                assertEquals(-1, before.data(tensor).mismatch(after.data(tensor)), tensor);
            }
        }
    }

    private void asked(Path student) throws IOException, InterruptedException {
        String report = folder.resolve("report.json").toString();
        carve.process(
                "eval", student.toString(), "--data", shapes("test.json"), "--max-tokens", "2", "--report", report);
        JsonObject scores = Json.readObject(Path.of(report));
        assertEquals(scores.array("answers").items().size(), scores.integer("total"));
        String[] ask = {
            "generate",
            student.toString(),
            "--prompt",
            "describe the picture",
            "--image",
            shapes("test/000000.png"),
            "--greedy",
            "--max-tokens",
            "5"
        };
        assertTrue(carve.process(ask).endsWith("\n"));
    }

    @Test
    void convertContinuesToo() throws IOException {
        String teacher = FIXTURES.resolve("matvlm_teacher_tiny").toString();
        Path quarter = converted(Path.of(teacher));
        Path plan = folder.resolve("half.conf");
        Files.writeString(plan, "layers = [mamba-in-llama, keep, mamba-in-llama, keep]\n");
        Path half = folder.resolve("half");
        carve.succeeds(
                "convert",
                teacher,
                "--plan",
                plan.toString(),
                "--out",
                half.toString(),
                "--previous-checkpoint",
                quarter.toString());
        assertContinued(quarter, half);
        assertEquals(Set.of("config.json", "mamba_config.json"), configurations(half));
        Files.writeString(plan, "layers = [keep, keep, mamba-in-llama, keep]\n");
        assertEquals(
                1,
                carve.run(
                        "convert",
                        teacher,
                        "--plan",
                        plan.toString(),
                        "--out",
                        folder.resolve("other").toString(),
                        "--previous-checkpoint",
                        quarter.toString()));
        assertEquals(
                "carve: %s: cannot continue from this student; it does not match the plan:\n  none of the layers that the plan converts, [2], is converted in the student\n"
                        .formatted(quarter),
                carve.err());
    }

    private static Set<String> configurations(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith("config.json") && !name.startsWith("generation"))
                    .collect(java.util.stream.Collectors.toSet());
        }
    }
}
