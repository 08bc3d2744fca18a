package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model is asked the questions of a public suite. */
class EvalSuiteTest {
    private static final String MODEL = Path.of("..", "demo", "teacher").toString();

    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.installed();

    private Path pope() throws IOException {
        ImageIO.write(
                new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB),
                "png",
                folder.resolve("p.png").toFile());
        return Files.writeString(folder.resolve("coco_pope_random.json"), """
                {"question_id": 1, "image": "p.png", "text": "is there a red circle?", "label": "no"}
                {"question_id": 2, "image": "p.png", "text": "is there a green star?", "label": "no"}
                """);
    }

    @Test
    void aSuiteIsAskedOnceAndScoredAgain() throws IOException {
        Path data = pope();
        Path prompts = Files.writeString(
                folder.resolve("own.json"), "{\"pope\": {\"prompt\": \"{question}\", \"max-tokens\": 4}}");
        String out = folder.resolve("out.jsonl").toString();
        String report = folder.resolve("report.json").toString();
        String[] line = {
            "eval",
            MODEL,
            "--suite",
            "pope",
            "--data",
            data.toString(),
            "--prompts",
            prompts.toString(),
            "--out",
            out,
            "--report",
            report,
            "--batch",
            "2",
            "--device",
            "reference",
            "--official",
            folder.resolve("official").toString()
        };
        String table = carve.succeeds(line);
        assertEquals(
                "SCORES  ACCURACY  PRECISION  RECALL    F1   YES  QUESTIONS",
                table.lines().findFirst().orElseThrow());
        List<String> lines = Files.readAllLines(Path.of(out));
        assertEquals(3, lines.size());
        JsonObject scores = Json.readObject(Path.of(report));
        assertEquals(2, scores.integer("questions"));
        assertEquals(
                2,
                Files.readAllLines(folder.resolve("official/pope_random_answers.json"))
                        .size());
        assertEquals(table, carve.succeeds(line));
        assertTrue(carve.err().contains("2 of 2 answers are there already"), carve.err());
    }

    @Test
    void wrongLinesAreRefusedInOneLine() throws IOException {
        Path data = pope();
        assertEquals(1, carve.run("eval", MODEL, "--suite", "pop", "--data", data.toString()));
        assertEquals(
                "carve: no suite 'pop'; there are gqa, mm-vet, mmbench, mme, pope, scienceqa, seed, textvqa (did you mean 'pope'?)\n",
                carve.err());
        assertEquals(2, carve.run("eval", MODEL, "--data", data.toString(), "--split", "random"));
        assertEquals("carve: '--split' goes with --suite; see carve eval --help\n", carve.err());
        assertEquals(1, carve.run("eval", MODEL, "--data", data.toString()));
        assertEquals(
                "carve: coco_pope_random.json: 2:1: expected the end of the text, found '{'; "
                        + "files of public suites go with --suite\n",
                carve.err());
        String images = folder.resolve("val2014").toString();
        assertEquals(1, carve.run("eval", MODEL, "--suite", "pope", "--data", data.toString(), "--images", images));
        assertEquals("carve: %s: no such folder; --images names that of the pictures\n".formatted(images), carve.err());
        Files.delete(folder.resolve("p.png"));
        assertEquals(1, carve.run("eval", MODEL, "--suite", "pope", "--data", data.toString()));
        assertTrue(carve.err().startsWith("carve: coco_pope_random.json: line 1: there is no picture 'p.png' in "));
    }

    @Test
    void aPartThatIsNotThereIsNoEmptyTable() throws IOException {
        Path data = Files.writeString(
                folder.resolve("SEED-Bench.json"),
                "{\"question_type\": {\"Scene Understanding\": 1}, \"questions\": []}");
        assertEquals(1, carve.run("eval", MODEL, "--suite", "seed", "--data", data.toString(), "--split", "pictures"));
        assertTrue(
                carve.err()
                        .startsWith(
                                "carve: %s: there are no questions to ask of split 'pictures'; seed: SEED-Bench.json, "
                                        .formatted(data)),
                carve.err());
    }
}
