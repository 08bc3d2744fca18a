package carve.app.report;

import carve.app.report.Canvas.Anchor;
import carve.app.report.Canvas.Style;
import carve.runtime.plan.Suggestion;
import carve.runtime.plan.Suggestion.LayerScore;
import java.util.Locale;

/**
 * A picture of the scores of layers: a bar for each, the first layer at the top, in another colour where the plan keeps attention.
 * Scores may be negative; bars begin at the least of them and zero.
 *
 * @param title the title
 * @param suggestion the scores
 */
public record LayerScoreBars(String title, Suggestion suggestion) {
    private static final int WIDTH = 760;
    private static final int MARGIN = 28;
    private static final int TOP = 96;
    private static final int BAR_X = 150;
    private static final int BAR_WIDTH = 480;
    private static final int ROW = 18;
    private static final String INK = "#1f2933";
    private static final String FAINT = "#6b7785";
    private static final String KEPT = "#e07a3f";
    private static final String CONVERTED = "#3b7dd8";

    /** Returns the picture as an SVG file. */
    public byte[] svg() {
        return draw(new SvgCanvas(WIDTH, height()));
    }

    /** Returns the picture as a PNG file. */
    public byte[] png() {
        return draw(new PngCanvas(WIDTH, height()));
    }

    private int height() {
        return TOP + ROW * suggestion.layers().size() + MARGIN;
    }

    private byte[] draw(Canvas canvas) {
        canvas.text(MARGIN, 36, Anchor.START, new Style(18, INK, true), title);
        legend(canvas, MARGIN, KEPT, "keeps attention");
        legend(canvas, MARGIN + 160, CONVERTED, "is converted");
        double least = Math.min(
                0,
                suggestion.layers().stream()
                        .mapToDouble(LayerScore::score)
                        .min()
                        .orElse(0));
        double most = suggestion.layers().stream()
                .mapToDouble(LayerScore::score)
                .max()
                .orElse(0);
        for (int i = 0; i < suggestion.layers().size(); i++) {
            LayerScore layer = suggestion.layers().get(i);
            double share = most > least ? (layer.score() - least) / (most - least) : 0;
            row(canvas, i, layer, Math.max(1.5, BAR_WIDTH * share));
        }
        return canvas.bytes();
    }

    private static void legend(Canvas canvas, double x, String colour, String text) {
        canvas.rectangle(x, 54, 13, 13, 3, colour);
        canvas.text(x + 19, 65, Anchor.START, new Style(13, INK, false), text);
    }

    private static void row(Canvas canvas, int index, LayerScore layer, double width) {
        double y = TOP + (double) ROW * index;
        Style faint = new Style(12, FAINT, false);
        canvas.text(MARGIN, y + 12, Anchor.START, new Style(12, INK, false), Integer.toString(index));
        canvas.text(BAR_X - 12, y + 12, Anchor.END, faint, layer.label());
        canvas.rectangle(BAR_X, y, width, ROW - 3, 3, layer.kept() ? KEPT : CONVERTED);
        canvas.text(BAR_X + width + 6, y + 12, Anchor.START, faint, String.format(Locale.ROOT, "%.4g", layer.score()));
    }
}
