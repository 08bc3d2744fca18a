package carve.app.report;

import carve.app.report.Canvas.Anchor;
import carve.app.report.Canvas.Style;
import java.util.List;
import java.util.Locale;

/**
 * A picture of shares by column and row: each a box between red for nothing and green for all, with its percentage.
 *
 * @param title the title
 * @param columns the names of the columns
 * @param rows the names of the rows
 * @param shares 0 to 1, row by row
 */
public record HeatMap(String title, List<String> columns, List<String> rows, List<List<Double>> shares) {
    private static final int LEFT = 110;
    private static final int TOP = 70;
    private static final int CELL_WIDTH = 90;
    private static final int CELL_HEIGHT = 36;
    private static final Style TITLE = new Style(16, "#222222", true);
    private static final Style LABEL = new Style(13, "#222222", false);

    /** Copies the lists, and checks that there is a share for each column of each row. */
    public HeatMap {
        columns = List.copyOf(columns);
        rows = List.copyOf(rows);
        shares = shares.stream().map(List::copyOf).toList();
        int width = columns.size();
        if (shares.size() != rows.size() || shares.stream().anyMatch(row -> row.size() != width)) {
            throw new IllegalArgumentException("a heat map needs a share for each column of each row");
        }
    }

    /** Returns the picture as a PNG file. */
    public byte[] png() {
        return draw(new PngCanvas(width(), height()));
    }

    /** Returns the picture as an SVG file. */
    public byte[] svg() {
        return draw(new SvgCanvas(width(), height()));
    }

    private int width() {
        return Math.max(LEFT + CELL_WIDTH * columns.size() + 20, 40 + 9 * title.length());
    }

    private int height() {
        return TOP + CELL_HEIGHT * rows.size() + 20;
    }

    private byte[] draw(Canvas canvas) {
        canvas.text(20, 28, Anchor.START, TITLE, title);
        for (int c = 0; c < columns.size(); c++) {
            canvas.text(LEFT + CELL_WIDTH * (c + 0.5), TOP - 10, Anchor.MIDDLE, LABEL, columns.get(c));
        }
        for (int r = 0; r < rows.size(); r++) {
            canvas.text(LEFT - 10, TOP + CELL_HEIGHT * (r + 0.5) + 5, Anchor.END, LABEL, rows.get(r));
            for (int c = 0; c < columns.size(); c++) {
                box(
                        canvas,
                        LEFT + CELL_WIDTH * c,
                        TOP + CELL_HEIGHT * r,
                        shares.get(r).get(c));
            }
        }
        return canvas.bytes();
    }

    private static void box(Canvas canvas, int x, int y, double share) {
        canvas.rectangle(x + 1, y + 1, CELL_WIDTH - 2, CELL_HEIGHT - 2, 3, colour(share));
        canvas.text(
                x + CELL_WIDTH / 2.0,
                y + CELL_HEIGHT / 2.0 + 5,
                Anchor.MIDDLE,
                LABEL,
                String.format(Locale.ROOT, "%.0f %%", 100 * share));
    }

    // red over yellow to green, all light enough for dark letters
    private static String colour(double share) {
        double red = share < 0.5 ? 240 : 240 - 2 * (share - 0.5) * 115;
        double green = share < 0.5 ? 125 + 2 * share * 90 : 215 - 2 * (share - 0.5) * 15;
        return "#%02x%02x%02x".formatted((int) red, (int) green, 120);
    }
}
