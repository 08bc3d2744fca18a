package carve.app.report;

import carve.app.report.Canvas.Anchor;
import carve.app.report.Canvas.Style;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Lines over two logarithmic axes, the horizontal one in powers of two.
 *
 * @param title above
 * @param axis what the horizontal axis counts
 * @param lines by name; points in any order, all positive
 */
public record LinePlot(String title, String axis, Map<String, List<Point>> lines) {
    private static final int WIDTH = 900;
    private static final int HEIGHT = 480;
    private static final int LEFT = 80;
    private static final int TOP = 50;
    private static final int PLOT_WIDTH = 780;
    private static final int PLOT_HEIGHT = 300;
    private static final Style WORDS = new Style(12, "#333333", false);
    private static final Style HEAD = new Style(16, "#111111", true);
    private static final List<String> COLOURS =
            List.of("#2f6db5", "#c0504d", "#4f8f3f", "#8064a2", "#d98324", "#4bacc6", "#555555", "#b5308f");

    /**
     * A point of a line.
     *
     * @param x positive
     * @param y positive
     */
    public record Point(double x, double y) {
        /** Checks that both have a logarithm. */
        public Point {
            if (!(x > 0) || !(y > 0)) {
                throw new IllegalArgumentException("points must be positive, found (%s, %s)".formatted(x, y));
            }
        }
    }

    /** Checks that there is a point. */
    public LinePlot {
        if (lines.values().stream().mapToInt(Collection::size).sum() == 0) {
            throw new IllegalArgumentException("a plot needs a point");
        }
    }

    private record Range(double min, double max) {
        double fraction(double value) {
            return Math.log(value / min) / Math.log(max / min);
        }
    }

    private Range range(boolean horizontal) {
        double base = horizontal ? 2 : 10;
        List<Double> values = new ArrayList<>();
        lines.values().forEach(line -> line.forEach(point -> values.add(horizontal ? point.x() : point.y())));
        double least = values.stream().mapToDouble(v -> v).min().orElseThrow();
        double greatest = values.stream().mapToDouble(v -> v).max().orElseThrow();
        double low = Math.pow(base, Math.floor(Math.log(least) / Math.log(base) + 1e-9));
        double high = Math.pow(base, Math.ceil(Math.log(greatest) / Math.log(base) - 1e-9));
        return new Range(low, high > low ? high : low * base);
    }

    /** Returns the plot as a PNG file. */
    public byte[] png() {
        return draw(new PngCanvas(WIDTH, HEIGHT + 20 * lines.size()));
    }

    byte[] draw(Canvas canvas) {
        Range x = range(true);
        Range y = range(false);
        canvas.text(LEFT, 30, Anchor.START, HEAD, title);
        for (double value = x.min(); value <= x.max() * 1.001; value *= 2) {
            double at = LEFT + x.fraction(value) * PLOT_WIDTH;
            canvas.line(at, TOP, at, TOP + PLOT_HEIGHT, 1, "#e4e4e4");
            canvas.text(at, TOP + PLOT_HEIGHT + 18, Anchor.MIDDLE, WORDS, positions(value));
        }
        for (double value = y.min(); value <= y.max() * 1.001; value *= 10) {
            double at = TOP + PLOT_HEIGHT - y.fraction(value) * PLOT_HEIGHT;
            canvas.line(LEFT, at, LEFT + PLOT_WIDTH, at, 1, "#cccccc");
            canvas.text(LEFT - 8, at + 4, Anchor.END, WORDS, number(value));
        }
        canvas.text(LEFT + PLOT_WIDTH / 2.0, TOP + PLOT_HEIGHT + 40, Anchor.MIDDLE, WORDS, axis);
        int index = 0;
        for (Map.Entry<String, List<Point>> line : lines.entrySet()) {
            String colour = COLOURS.get(index % COLOURS.size());
            line(canvas, x, y, line.getValue(), colour);
            double row = TOP + PLOT_HEIGHT + 66 + 20 * index++;
            canvas.line(LEFT, row - 4, LEFT + 24, row - 4, 3, colour);
            canvas.text(LEFT + 32, row, Anchor.START, WORDS, line.getKey());
        }
        return canvas.bytes();
    }

    private static void line(Canvas canvas, Range x, Range y, List<Point> points, String colour) {
        List<Point> sorted =
                points.stream().sorted(Comparator.comparingDouble(Point::x)).toList();
        for (int i = 0; i < sorted.size(); i++) {
            double atX = LEFT + x.fraction(sorted.get(i).x()) * PLOT_WIDTH;
            double atY = TOP + PLOT_HEIGHT - y.fraction(sorted.get(i).y()) * PLOT_HEIGHT;
            canvas.rectangle(atX - 3, atY - 3, 6, 6, 3, colour);
            if (i > 0) {
                double fromX = LEFT + x.fraction(sorted.get(i - 1).x()) * PLOT_WIDTH;
                double fromY = TOP + PLOT_HEIGHT - y.fraction(sorted.get(i - 1).y()) * PLOT_HEIGHT;
                canvas.line(fromX, fromY, atX, atY, 2, colour);
            }
        }
    }

    private static String positions(double value) {
        return value >= 1024 ? Math.round(value / 1024) + "K" : String.valueOf(Math.round(value));
    }

    private static String number(double value) {
        return value >= 1
                ? String.format(Locale.ROOT, "%,.0f", value)
                : new BigDecimal(value)
                        .round(new MathContext(3))
                        .stripTrailingZeros()
                        .toPlainString();
    }
}
