package carve.runtime.eval.quality;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.runtime.eval.quality.TextFidelity.Bucket;
import carve.runtime.eval.quality.TextFidelity.Continuations;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class QualityReportTest {
    private static final TextFidelity TEXT = new TextFidelity(
            List.of(
                    new Bucket(0, 64, 100, Math.log(10), Math.log(20), 0.3, 0.5),
                    new Bucket(64, 128, 300, Math.log(10), Math.log(20), 0.1, 0.9)),
            new Continuations(5, 13, 32, 7.5, 0.2));

    private static QualityReport report(String licence) {
        Map<String, String> origin = new LinkedHashMap<>();
        origin.put("Recipe", "radlads & <own>");
        origin.put("Data", "a|b");
        return QualityReport.of(
                        new ModelFacts("student", "llama", "", 134_000_000, 30, 8),
                        new ModelFacts("teacher: \"x\"", "llama", licence, 134_515_008, 30, 30),
                        origin)
                .withText(TEXT)
                .withRecall(List.of(
                        new RecallComparison("niah-single-1", 512, 20, 1, 0.25, 1, 0.75),
                        new RecallComparison("common-words", 512, 20, 0.5, 0.25, Double.NaN, Double.NaN)))
                .withSpeeds(List.of(new SpeedComparison(512, 20, 30, 2 << 20, 1 << 20)));
    }

    @Test
    void bucketsAreWeighedByTheirTokens() {
        assertEquals(0.15, TEXT.overall().divergence(), 1e-12);
        assertEquals(0.8, TEXT.overall().agreement(), 1e-12);
        assertEquals(20, TEXT.overall().studentPerplexity(), 1e-9);
        assertEquals(400, TEXT.overall().tokens());
    }

    @Test
    void thePageIsWellFormedAndNeedsNothingElse() {
        String page = report("apache-2.0").html();
        Deque<String> open = new ArrayDeque<>();
        Matcher tags = Pattern.compile("<(/?)([a-z0-9]+)[^>]*?(/?)>").matcher(page);
        while (tags.find()) {
            if (!tags.group(1).isEmpty()) {
                assertEquals(open.pop(), tags.group(2));
            } else if (tags.group(3).isEmpty()) {
                open.push(tags.group(2));
            }
        }
        assertTrue(open.isEmpty(), "still open: " + open);
        assertTrue(page.contains("radlads &amp; &lt;own&gt;"));
        assertFalse(page.contains("http"), "no address of another file");
        assertFalse(page.contains("<script"));
    }

    @Test
    void cellsOfMarkdownDoNotEndTheirColumn() {
        String markdown = report("apache-2.0").markdown();
        assertTrue(markdown.contains("- **Data**: a\\|b"));
        assertTrue(markdown.contains("| niah-single-1 | 512 | 20 | 100.0 % | 25.0 % | 100.0 % | 75.0 % |"));
        assertTrue(markdown.contains("| common-words | 512 | 20 | 50.0 % | 25.0 % | - | - |"));
        assertTrue(markdown.contains("| 512 | 20.0 | 30.0 | 1.50x | 2.00 MiB | 1.00 MiB |"));
    }

    @Test
    void theCardHasTheHeadOfTheHub() {
        assertEquals(
                """
                ---
                base_model: "teacher: \\"x\\""
                license: "apache-2.0"
                library_name: carve
                pipeline_tag: text-generation
                tags:
                - carve
                - distillation
                - hybrid
                ---
                """,
                report("apache-2.0")
                        .card()
                        .substring(0, report("apache-2.0").card().indexOf("\n# ")));
        assertFalse(report("").card().contains("license:"));
    }

    @Test
    void filesAreWrittenTogether(@TempDir Path folder) throws IOException {
        report("").write(folder);
        report("").writeCard(folder);
        assertEquals(report("").html(), Files.readString(folder.resolve("quality.html")));
        assertEquals(report("").markdown(), Files.readString(folder.resolve("quality.md")));
        assertEquals(report("").json(), Json.readObject(folder.resolve("quality.json")));
        assertEquals(report("").card(), Files.readString(folder.resolve("README.md")));
    }
}
