package carve.app.report;

import java.awt.Color;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.style.Styler.LegendLayout;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;

/**
 * A plot of lines over two logarithmic axes.
 *
 * @param title the title
 * @param xTitle the title of the horizontal axis
 * @param lines the points of each line by name, in any order
 */
public record LinePlot(String title, String xTitle, Map<String, List<Point>> lines) {
    private static final int WIDTH = 1200;
    private static final int HEIGHT = 600;
    private static final int LEGEND_ROW = 30;
    private static final List<Color> COLOURS = IntStream.of(
                    0x2f6db5, 0xc0504d, 0x4f8f3f, 0x8064a2, 0xd98324, 0x4bacc6, 0x555555, 0xb5308f)
            .mapToObj(Color::new)
            .toList();

    /**
     * A point of a line.
     *
     * @param x positive
     * @param y positive
     */
    public record Point(double x, double y) {
        /**
         * Checks that both have a logarithm.
         *
         * @throws IllegalArgumentException if one of them is not positive
         */
        public Point {
            if (!(x > 0) || !(y > 0)) {
                throw new IllegalArgumentException("points must be positive, found (%s, %s)".formatted(x, y));
            }
        }
    }

    /**
     * Checks that there is a point.
     *
     * @throws IllegalArgumentException if there is none
     */
    public LinePlot {
        if (lines.values().stream().mapToInt(Collection::size).sum() == 0) {
            throw new IllegalArgumentException("a plot needs a point");
        }
    }

    /** Returns the plot as a PNG file. */
    public byte[] png() {
        try {
            return BitmapEncoder.getBitmapBytes(chart(), BitmapFormat.PNG);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    XYChart chart() {
        XYChart chart = new XYChartBuilder()
                .width(WIDTH)
                .height(HEIGHT + LEGEND_ROW * lines.size())
                .title(title)
                .xAxisTitle(xTitle)
                .build();
        style(chart.getStyler());
        lines.forEach((name, points) -> {
            List<Point> sorted =
                    points.stream().sorted(Comparator.comparingDouble(Point::x)).toList();
            chart.addSeries(
                    name,
                    sorted.stream().mapToDouble(Point::x).toArray(),
                    sorted.stream().mapToDouble(Point::y).toArray());
        });
        return chart;
    }

    private static void style(XYStyler style) {
        style.setXAxisLogarithmic(true);
        style.setYAxisLogarithmic(true);
        style.setXAxisDecimalPattern("#,###");
        style.setSeriesColors(COLOURS.toArray(Color[]::new));
        style.setChartBackgroundColor(Color.WHITE);
        style.setLegendPosition(LegendPosition.OutsideS);
        style.setLegendLayout(LegendLayout.Vertical);
    }
}
