package carve.distill;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsException;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.json.Json;
import carve.api.model.LoadedModel;
import carve.api.stage.StageException;
import carve.hocon.Hocon;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import carve.runtime.progress.Progress;
import carve.runtime.train.ParamDigest;
import carve.runtime.train.Recipe;
import carve.runtime.train.RecipeResult;
import carve.runtime.train.RecipeRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs of recipes, from a teacher to the folders of students. */
final class RecipeRunTest {
    private static final Catalogs CATALOGS = TestCatalogs.with(new TokenRows());
    private static final String STAGE =
            "type = distill, train = [\"layers.*.mixer.A_log*\"], inputs = teacher, losses = [{ type = mean-squared-error, site = heads }],"
                    + " tensorboard = false, prefetch-batches = 1, batch-size = 2, schedule { type = cosine, warmup = 1 }";

    @TempDir
    private Path folder;

    private final List<String> messages = new ArrayList<>();

    private Recipe recipe(String data, String more, String... stages) {
        StringBuilder text =
                new StringBuilder("teacher = \"%s\", out = \"%s\", samples.every = 0, validation.every = 0\n"
                        .formatted(Path.of("..", "demo", "teacher"), folder.resolve("run")));
        text.append("mixers { mamba2 { type = mamba2 } }, repeat = [mamba2, keep]\n")
                .append("data { type = token-rows, counted = true, readable = true, %s }\n".formatted(data))
                .append(more)
                .append("\nstages = [\n");
        for (String stage : stages) {
            text.append("{ %s, %s }\n".formatted(STAGE, stage));
        }
        return Recipe.of(Hocon.parse(text.append("]").toString(), "recipe"));
    }

    private RecipeResult run(Recipe recipe, boolean resume) throws IOException {
        try (Device device = new ReferenceDevice()) {
            return new RecipeRunner(CATALOGS, device, (phase, unit) -> new Said(messages)).run(recipe, resume);
        }
    }

    private record Said(List<String> messages) implements Progress.Phase {
        @Override
        public void message(String line) {
            messages.add(line);
        }

        @Override
        public void step(long done, long total, double loss, double rate) {
            // lines alone are of interest
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    private String refusal(Class<? extends Exception> type, Recipe recipe) {
        return assertThrows(type, () -> run(recipe, false)).getMessage();
    }

    // a step reads 2 samples of 5 tokens
    @Test
    void tokensAreStepsOfTheData() throws IOException {
        assertEquals(
                3,
                run(recipe("", "", "name = a, tokens = 0.021k"), false)
                        .stages()
                        .getFirst()
                        .steps());
        assertTrue(messages.contains("a: 3 steps, about 30 tokens"), messages.toString());
    }

    @Test
    void aRunOfTokensResumesAsTheRunOfItsSteps() throws IOException {
        String digest = run(recipe("", "", "name = a, tokens = 20"), false)
                .stages()
                .getFirst()
                .digest();
        assertEquals(
                digest,
                run(recipe("", "", "name = a, steps = 2"), true)
                        .stages()
                        .getFirst()
                        .digest());
        String message = assertThrows(StageException.class, () -> run(recipe("", "", "name = a, tokens = 21"), true))
                .getMessage();
        assertTrue(message.contains("steps: was 2, is 3"), message);
    }

    @Test
    void eachStageLeavesItsStudent() throws IOException {
        String[] stages = {"name = a, steps = 1", "name = b, steps = 1"};
        RecipeResult result = run(recipe("", "dtype = f32", stages), false);
        Path run = folder.resolve("run");
        assertEquals(
                "{\"a\":\"a/student\",\"b\":\"b/student\"}",
                Json.print(Json.readObject(run.resolve("run.json")).object("students"))
                        .replaceAll("\\s", ""));
        assertArrayEquals(bytes(result.model()), bytes(run.resolve("b/student")));
        assertFalse(Arrays.equals(bytes(result.model()), bytes(run.resolve("a/student"))));
        try (Device device = new ReferenceDevice();
                ModelFolder first = ModelFolder.open(run.resolve("a/student"), CATALOGS);
                LoadedModel student = first.load(device, WeightPrecision.F32)) {
            assertEquals(result.stages().getFirst().digest(), ParamDigest.of(student.params()));
        }
    }

    private static byte[] bytes(Path model) throws IOException {
        return Files.readAllBytes(model.resolve("model.safetensors"));
    }

    // as a run that was killed while it wrote the student of a stage that had ended
    @Test
    void aResumedRunWritesStudentsThatAreMissing() throws IOException {
        Recipe recipe = recipe("", "", "name = a, steps = 1", "name = b, steps = 1");
        run(recipe, false);
        Path missing = folder.resolve("run/a/student");
        byte[] before = bytes(missing);
        Files.delete(missing.resolve("carve.json"));
        Files.delete(missing.resolve("model.safetensors"));
        run(recipe("", "", "name = a, steps = 1", "name = b, steps = 1"), true);
        assertArrayEquals(before, bytes(missing));
    }

    @Test
    void theResultAloneIsKeptIfAsked() throws IOException {
        run(recipe("", "keep-students = last", "name = a, steps = 1"), false);
        assertTrue(Files.exists(folder.resolve("run/student/model.safetensors")));
        assertFalse(Files.exists(folder.resolve("run/a/student")));
    }

    @Test
    void aRunPrintsWhatItTakes() throws IOException {
        run(recipe("", "", "name = a, steps = 1"), false);
        assertTrue(
                messages.stream().anyMatch(line -> line.matches("a +\\S+ MiB +\\S+ MiB +\\S+ [KM]iB +\\S+ \\w+")),
                messages.toString());
        assertTrue(messages.stream().anyMatch(line -> line.startsWith("disk: 3 models of ")), messages.toString());
    }

    @Test
    void dataWithoutAReadableSampleIsRefusedBeforeTheConversion() {
        assertEquals(
                "stage 'a': data: rows.txt: line 1: no tokens",
                refusal(StageException.class, recipe("readable = false", "", "name = a, steps = 1")));
        assertFalse(Files.exists(folder.resolve("run").resolve(RecipeRunner.INITIAL_STUDENT)));
    }

    private static final String END_TO_END =
            "name = a, steps = 2, inputs = own, losses = [{ type = kl }], batch-size = 4";

    // the models alone take about 19 MiB, all of a step of 4 rows about 29
    @Test
    void stagesAreMadeToFitIntoTheMemory() throws IOException {
        RecipeResult fitted = run(recipe("", "memory = 23m", END_TO_END), false);
        assertEquals(2, fitted.stages().getFirst().steps());
        assertTrue(
                messages.stream()
                        .anyMatch(line -> line.startsWith("a: to fit into 23 MiB: gradient-checkpointing = true")),
                messages.toString());
    }

    @Test
    void whatCannotFitIsRefusedBeforeTheConversion() {
        String message = refusal(StageException.class, recipe("", "memory = 2m", END_TO_END));
        assertTrue(
                message.matches(
                        "stage 'a': a step takes \\S+ MiB, and 'memory' has 2 MiB; memory = \\d+m would do, or shorter samples than 5 tokens"),
                message);
        assertFalse(Files.exists(folder.resolve("run").resolve(RecipeRunner.INITIAL_STUDENT)));
        assertTrue(refusal(SettingsException.class, recipe("", "memory = 12", END_TO_END))
                .endsWith("key 'memory' must be auto or a size such as 800m or 12g, is '12'"));
    }

    @Test
    void dataThatDoesNotKnowItsTokensIsRefusedBeforeTheConversion() {
        String message = refusal(SettingsException.class, recipe("counted = false", "", "name = a, tokens = 20"));
        assertTrue(
                message.endsWith(
                        "key 'tokens' cannot be turned into steps: the data does not know how many tokens it has; set 'steps'"),
                message);
        assertFalse(Files.exists(folder.resolve("run").resolve(RecipeRunner.INITIAL_STUDENT)));
    }
}
