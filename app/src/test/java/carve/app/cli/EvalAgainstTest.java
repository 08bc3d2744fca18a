package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EvalAgainstTest {
    private static final String SENTENCE = "the cat sat on a mat, and then it ran off to see who was at the door. ";

    private final CommandHarness carve = CommandHarness.installed();

    @TempDir
    private Path folder;

    private Path model;

    @BeforeEach
    void writeModel() throws IOException {
        model = TinyChatModel.write(folder.resolve("model"));
    }

    private String eval(String data, String... more) {
        String[] line = {
            "eval",
            model.toString(),
            "--against",
            model.toString(),
            "--data",
            folder.resolve(data).toString(),
            "--lengths",
            "600",
            "--task",
            "key-value",
            "--samples",
            "1",
            "--max-tokens",
            "4",
            "--report",
            folder.resolve("report.json").toString(),
            "-Dcarve.data.text.cache=" + folder.resolve("cache")
        };
        String[] all = Arrays.copyOf(line, line.length + more.length);
        System.arraycopy(more, 0, all, line.length, more.length);
        return carve.succeeds(all);
    }

    @Test
    void aModelIsEqualToItself() throws IOException {
        Files.writeString(folder.resolve("a.txt"), SENTENCE.repeat(4));
        eval("a.txt", "--out", folder.resolve("page").toString(), "--card");
        JsonObject text = Json.readObject(folder.resolve("report.json")).object("text");
        assertEquals(0.0, text.real("kl_divergence"), 1e-9);
        assertEquals(1.0, text.real("top1_agreement"));
        assertTrue(Files.exists(folder.resolve("page/quality.html")));
        assertTrue(Files.readString(model.resolve("README.md")).startsWith("---\n"));
    }

    @Test
    void textsAreReadAsTrainingDataIs() throws IOException {
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(folder.resolve("a.jsonl.gz")))) {
            out.write("{\"text\": \"%s\"}\n".formatted(SENTENCE).getBytes(StandardCharsets.UTF_8));
        }
        assertTrue(eval("*.jsonl.gz").contains("a.jsonl.gz"));
    }

    @Test
    void withoutTextThereIsOneError() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "short");
        String text = folder.resolve("a.txt").toString();
        String cache = "-Dcarve.data.text.cache=" + folder.resolve("cache");
        assertEquals(1, carve.run("eval", model.toString(), "--against", model.toString(), "--data", text, cache));
        assertTrue(carve.err().contains("there is no text of 16 tokens or more"), carve.err());
    }
}
