package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plans are shown, drawn and imported; what is shown is what a conversion makes. */
final class PlanCommandTest {
    private static final Path FIXTURES = Path.of(System.getProperty("carve.fixtures"));
    private static final String DEMO = Path.of("..", "demo", "teacher").toString();

    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.installed();

    private Path plan(String text) throws IOException {
        return Files.writeString(folder.resolve("plan.conf"), text);
    }

    @Test
    void shownFiguresAreThoseOfTheConvertedModel() throws IOException {
        Path plan = plan("""
                preset = linear
                ratio = [keep 1, mamba2 2]
                overrides { -1 { conv-width = 4 } }
                """);
        Path student = folder.resolve("student");
        Path picture = folder.resolve("stack.svg");
        String planned = carve.succeeds(
                "plan", "show", DEMO, "--plan", plan.toString(), "--picture", picture.toString(), "--at", "5000");
        carve.succeeds("convert", DEMO, "--plan", plan.toString(), "--out", student.toString());
        String made = carve.succeeds("plan", "show", student.toString(), "--at", "5000");
        assertEquals(
                table(made),
                table(planned).replace("* ", "").replace("{init=mimic, ", "{").replace(" {init=mimic}", ""));
        assertTrue(planned.contains("layers = (attention mamba2 x2) x2"), planned);
        assertTrue(Files.readString(picture).contains("cache at 5,000"));
    }

    // without the widths of columns
    private static String table(String shown) {
        return shown.substring(0, shown.indexOf("layers =")).replaceAll(" +", " ");
    }

    @Test
    void modelsWithoutWeightsAreCountedByTheirConfiguration() {
        String trained = carve.succeeds("plan", "show", DEMO);
        String untrained = carve.succeeds(
                "plan", "show", Path.of("..", "demo", "untrained").toString());
        assertEquals(trained, untrained);
    }

    @Test
    void plansOfOthersAreShownAsTheyAre() throws IOException {
        Path plan = plan("hybrid_override_pattern = \"M-M-*-M-M-*-\"\nlayer-kinds { M = mamba-in-llama }\n");
        String shown = carve.succeeds("plan", "show", DEMO, "--plan", plan.toString());
        assertTrue(shown.contains("layers = (mamba-in-llama x2 attention) x2"), shown);
    }

    @Test
    void importedPlansCanBeUsed() throws IOException {
        Path plan = folder.resolve("imported.conf");
        Path config = FIXTURES.resolve("mmmamba_hybrid_tiny/config.json");
        carve.succeeds("plan", "import", config.toString(), "--out", plan.toString());
        assertEquals("""
                # From %s: embedding_config.layers_block_type, llm_config.layers_block_type. 6 layers, 2 of them kept.

                layers = "keep mamba2 keep mamba2 x3"
                """.formatted(config), Files.readString(plan));
        String shown =
                carve.succeeds("plan", "show", FIXTURES.resolve("hovle_tiny").toString(), "--plan", plan.toString());
        assertTrue(shown.contains("layers = attention mamba2 attention mamba2 x3"), shown);
    }

    @Test
    void suggestedPlansKeepTheLayersThatMatterMost() throws IOException, InterruptedException {
        Path data = folder.resolve("shapes");
        carve.succeeds(
                "data", "shapes", "--out", data.toString(), "-Dimage-size=48", "-Dtrain-scenes=4", "-Dtest-scenes=1");
        Path plan = folder.resolve("suggested.conf");
        String shown = carve.process(
                "plan",
                "suggest",
                DEMO,
                "--keep",
                "2",
                "--data",
                data.resolve("train.json").toString(),
                "--steps",
                "1",
                "--samples",
                "3",
                "-Dalign.batch-size=2",
                "--out",
                plan.toString());
        List<String[]> rows = shown.lines()
                .filter(line -> line.matches("\\s*\\d .*"))
                .map(line -> line.strip().split("\\s+"))
                .toList();
        assertEquals(6, rows.size(), shown);
        for (String[] row : rows) {
            assertEquals(Integer.parseInt(row[2]) <= 2, row[row.length - 1].equals("keep"), shown);
            long above = rows.stream()
                    .filter(other -> Double.parseDouble(other[3]) > Double.parseDouble(row[3]))
                    .count();
            assertTrue(above < Integer.parseInt(row[2]), shown);
        }
        String text = Files.readString(plan);
        shown.lines()
                .filter(line -> line.matches("\\s*\\d .*"))
                .forEach(line -> assertTrue(text.contains("# " + line), text));
        String planned = carve.succeeds("plan", "show", DEMO, "--plan", plan.toString());
        assertEquals(
                4, planned.lines().filter(line -> line.contains("* mamba2")).count(), planned);
    }

    @Test
    void suggestionsForMoreLayersThanThereAreAreRefused() {
        assertEquals(1, carve.run("plan", "suggest", DEMO, "--keep", "7", "--import", "none.csv"));
        assertEquals("carve: keep: found 7; the model has 6 layers\n", carve.err());
    }

    @Test
    void picturesOfOtherKindsAreRefused() {
        assertEquals(1, carve.run("plan", "show", DEMO, "--picture", "stack.jpg"));
        assertEquals("carve: --picture: found 'stack.jpg'; name a file that ends in .svg or .png\n", carve.err());
    }

    @Test
    void importedConfigurationsThatSayNothingAreRefused() {
        Path config = Path.of(DEMO, "config.json");
        assertEquals(1, carve.run("plan", "import", config.toString()));
        assertTrue(
                carve.err().startsWith("carve: " + config + ": no known layer-layout key found; known keys are attn, "),
                carve.err());
    }
}
