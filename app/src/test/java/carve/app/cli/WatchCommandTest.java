package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.app.train.RunFixture;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class WatchCommandTest {
    @TempDir
    private Path folder;

    private final CommandHarness carve = CommandHarness.bare();

    private String shown(String... more) {
        String[] line = new String[more.length + 2];
        line[0] = "watch";
        line[1] = folder.resolve("hybrid").toString();
        System.arraycopy(more, 0, line, 2, more.length);
        return carve.succeeds(line);
    }

    @Test
    void aRunIsShownAsText() throws IOException {
        new RunFixture(folder.resolve("hybrid"))
                .schedule("align", 4)
                .steps("align", 1, 4)
                .end("align")
                .samples("align", 4, "a two", folder.resolve("x.png"));
        assertEquals("""
                hybrid, distilled from demo/teacher: stopped
                STAGE   STATUS    STEP  STEPS  FIRST LOSS  LAST LOSS  LEARNING RATE  TOKENS/S   TIME
                align   finished     4      4       3.901      3.759  1.00e-03          4,000  0.4 s
                logits  pending      0      -           -          -  -                     -      -

                align: mean-squared-error@heads by layer, 1.61 to 5.52 (log scale)
                    1 ▃▁▁▃
                    2 ▅▄▅▃
                    4 ▆▆██
                    5 ██▇▇

                align, step 4
                  how many are there
                    expected two
                    teacher  two
                    student  a two
                """, shown("--once"));
    }

    @Test
    void aRunIsWrittenAsDataAndAsAPage() throws IOException {
        RunFixture.whole(folder.resolve("hybrid"), folder.resolve("x.png"));
        Path data = folder.resolve("run.json");
        Path page = folder.resolve("run.html");
        assertEquals("wrote %s\n".formatted(data), shown("--out", data.toString()));
        assertEquals("wrote %s\n".formatted(page), shown("--out", page.toString()));
        assertEquals(1, Json.readObject(data).array("runs").items().size());
        String html = Files.readString(page);
        assertTrue(html.contains("<script type=\"application/json\" id=\"shown\">{\"folder\":"), "data");
        assertFalse(html.contains(" src=\"") || html.contains("stylesheet"), "files of its own");
        assertEquals(1, carve.run("watch", folder.resolve("hybrid").toString(), "--out", "run.pdf"));
        assertEquals("carve: --out run.pdf: the file name must end in .html (a page) or .json (data)\n", carve.err());
    }

    @Test
    void damagedRunsAreShownAndOneErrorTold() throws IOException {
        new RunFixture(folder.resolve("hybrid"))
                .schedule("align", 4)
                .steps("align", 1, 1)
                .append("align", "metrics.jsonl", "\u0000\u0000\n")
                .steps("align", 3, 3);
        assertEquals(1, carve.run("watch", folder.resolve("hybrid").toString(), "--once"));
        assertTrue(carve.out().contains("align   running     3      4"), carve.out());
        assertEquals(1, carve.err().lines().count(), carve.err());
        assertTrue(
                carve.err()
                        .startsWith("carve: %s/hybrid/align/metrics.jsonl: 2: not a valid metrics line: "
                                .formatted(folder.toAbsolutePath())),
                carve.err());
    }

    @Test
    void foldersWithoutARunAreTold() throws IOException {
        assertEquals(1, carve.run("watch", folder.resolve("none").toString()));
        assertEquals(
                "carve: %s: no such folder; name the folder of a run, its recipe's 'out'\n"
                        .formatted(folder.resolve("none")),
                carve.err());
        Path empty = Files.createDirectories(folder.resolve("empty"));
        assertEquals(1, carve.run("watch", empty.toString(), "--once"));
        assertEquals(
                "carve: %s: no training run found: expected stage folders with metrics.jsonl, as carve distill and carve train write them\n"
                        .formatted(empty),
                carve.err());
    }
}
