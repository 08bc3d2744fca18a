package carve.app.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.app.report.LinePlot.Point;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYSeries;

final class LinePlotTest {
    private static LinePlot plot() {
        Map<String, List<Point>> lines = new LinkedHashMap<>();
        lines.put("teacher", List.of(new Point(4096, 100), new Point(1024, 1)));
        lines.put("linear", List.of(new Point(2048, 10)));
        return new LinePlot("Milliseconds", "positions", lines);
    }

    @Test
    void linesAreDrawnFromLeftToRightOverLogarithmicAxes() {
        XYChart chart = plot().chart();
        assertTrue(chart.getStyler().isXAxisLogarithmic() && chart.getStyler().isYAxisLogarithmic());
        assertEquals(
                List.of("teacher", "linear"), List.copyOf(chart.getSeriesMap().keySet()));
        XYSeries teacher = chart.getSeriesMap().get("teacher");
        assertArrayEquals(new double[] {1024, 4096}, teacher.getXData());
        assertArrayEquals(new double[] {1, 100}, teacher.getYData());
        assertEquals("positions", chart.getXAxisTitle());
    }

    @Test
    void isAPictureWithEachLineInAColourOfItsOwn() throws IOException {
        BufferedImage image = ImageIO.read(new ByteArrayInputStream(plot().png()));
        assertEquals(1200, image.getWidth());
        assertEquals(660, image.getHeight());
        XYChart chart = plot().chart();
        for (int line = 0; line < 2; line++) {
            int colour = chart.getStyler().getSeriesColors()[line].getRGB();
            assertTrue(count(image, colour) > 20, "pixels of line " + line);
        }
    }

    private static long count(BufferedImage image, int colour) {
        int[] pixels = image.getRGB(0, 0, image.getWidth(), image.getHeight(), null, 0, image.getWidth());
        return Arrays.stream(pixels).filter(pixel -> pixel == colour).count();
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
