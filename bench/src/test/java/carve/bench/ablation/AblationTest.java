package carve.bench.ablation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AblationTest {
    private static final String PAPERS = """
            {"papers": [{"name": "P", "source": "S", "report": "p", "columns": ["A", "B"], "tables": [
              {"title": "T", "rows": [
                {"variant": "all", "student": "teacher", "paper": ["1.0", "2.0"]},
                {"variant": "half", "student": "s", "paper": ["0.5", ""]}]}]}]}""";

    private static final Scores SCORES = new Scores(Map.of("teacher", 80.0, "s", 60.0), 50);

    @TempDir
    private Path folder;

    private static Map<Paper, Scores> all() {
        return Map.of(Paper.read(Json.parseObject(PAPERS, "papers.json")).getFirst(), SCORES);
    }

    @Test
    void rowsHaveOursAndThePapers() {
        String text = AblationTable.of(all(), "p.png");
        assertTrue(text.contains("50 questions; the teacher answers 80.0 %."), text);
        assertTrue(text.contains("""
                        | | ours % | of the teacher's % | paper: A | B |
                        |---|--:|--:|--:|--:|
                        | all | 80.0 | 100.0 | 1.0 | 2.0 |
                        | half | 60.0 | 75.0 | 0.5 | – |
                        """), text);
    }

    @Test
    void thePictureHasAPanelForEachTable() throws IOException {
        Path file = folder.resolve("p.png");
        AblationPlot.write(all(), file);
        BufferedImage picture = ImageIO.read(file.toFile());
        assertTrue(picture.getWidth() >= 820 && picture.getHeight() >= 360);
    }

    @Test
    void studentsThatWereNotMadeAreNamed() {
        var e = assertThrows(IllegalArgumentException.class, () -> SCORES.accuracy("t"));
        assertTrue(e.getMessage().startsWith("no model 't' in the report; there are "), e.getMessage());
    }

    @Test
    void scoresAreThoseOfTheReport() throws IOException {
        Path file = folder.resolve("demo.json");
        Files.writeString(file, """
                {"models": [{"name": "teacher", "evaluation": {"accuracy": 0.5, "total": 8}}]}""");
        Scores scores = Scores.read(file);
        assertEquals(50.0, scores.accuracy("teacher"));
        assertEquals(8, scores.questions());
    }
}
