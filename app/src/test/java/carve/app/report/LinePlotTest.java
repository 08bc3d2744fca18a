package carve.app.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.app.report.LinePlot.Point;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

/** Points lie where their logarithms do, and each line is named. */
final class LinePlotTest {
    private static LinePlot plot() {
        Map<String, List<Point>> lines = new LinkedHashMap<>();
        lines.put("teacher", List.of(new Point(4096, 100), new Point(1024, 1)));
        lines.put("linear", List.of(new Point(2048, 10)));
        return new LinePlot("Milliseconds", "positions", lines);
    }

    @Test
    void pointsLieByTheirLogarithms() {
        String svg = new String(plot().draw(new SvgCanvas(900, 520)), StandardCharsets.UTF_8);
        // the middle of both axes
        assertTrue(svg.contains("<rect x=\"467.0\" y=\"197.0\" width=\"6.0\""), svg);
        assertTrue(svg.contains("<line x1=\"80.0\" y1=\"350.0\" x2=\"860.0\" y2=\"50.0\""), svg);
        for (String text :
                List.of(">1K<", ">2K<", ">4K<", ">10<", ">100<", ">teacher<", ">linear<", ">Milliseconds<")) {
            assertTrue(svg.contains(text), text);
        }
    }

    @Test
    void isAPicture() throws IOException {
        var image = ImageIO.read(new ByteArrayInputStream(plot().png()));
        assertEquals(1800, image.getWidth());
        assertEquals(1040, image.getHeight());
    }

    @Test
    void whatHasNoLogarithmIsRefused() {
        assertEquals(
                "points must be positive, found (0.0, 1.0)",
                assertThrows(IllegalArgumentException.class, () -> new Point(0, 1))
                        .getMessage());
        assertEquals(
                "a plot needs a point",
                assertThrows(IllegalArgumentException.class, () -> new LinePlot("a", "b", Map.of("c", List.of())))
                        .getMessage());
    }
}
