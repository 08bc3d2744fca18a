package carve.app.report;

import carve.api.model.MixerSpec;
import carve.app.report.Canvas.Anchor;
import carve.app.report.Canvas.Style;
import carve.runtime.memory.InferenceCost;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * A picture of a model's layers, input at the top: a box for each, in the colour of its mixer, and beside it bars for its
 * weights, its cache and what a decoding step moves. With a teacher, grey bars behind them are the teacher's.
 */
public final class LayerDiagram {
    private static final int WIDTH = 1000;
    private static final int MARGIN = 28;
    private static final int TOP = 132;
    private static final int BOX_X = 108;
    private static final int BOX_WIDTH = 178;
    private static final int PANEL_X = 312;
    private static final int PANEL_WIDTH = 226;
    private static final int BAR_WIDTH = 138;
    private static final String INK = "#1f2933";
    private static final String FAINT = "#6b7785";
    private static final String GHOST = "#d9dee5";
    private static final String ATTENTION = "#e07a3f";
    private static final List<String> COLOURS =
            List.of("#3b7dd8", "#3f9e74", "#8a63c9", "#c9a227", "#c2527f", "#4fa3b8", "#8c6d4f");

    /** A column of bars. */
    private record Panel(String title, ToLongFunction<InferenceCost.LayerCost> value) {}

    private final String title;
    private final InferenceCost inferenceCost;
    private final Optional<InferenceCost> teacher;
    private final List<Panel> panels;
    private final Map<String, String> colours = new LinkedHashMap<>();
    private final double rowHeight;

    /**
     * Prepares a picture.
     *
     * @param title what is shown
     * @param teacher what it is compared with, if anything
     */
    public LayerDiagram(String title, InferenceCost inferenceCost, Optional<InferenceCost> teacher) {
        this.title = title;
        this.inferenceCost = inferenceCost;
        this.teacher = teacher;
        this.panels = List.of(
                new Panel("weights", InferenceCost.LayerCost::weightBytes),
                new Panel("cache at " + formatTokens(inferenceCost.context()), InferenceCost.LayerCost::cacheBytes),
                new Panel("read and written per token", InferenceCost.LayerCost::bytesPerDecodeStep));
        inferenceCost.layers().forEach(layerCost -> colours.computeIfAbsent(layerCost.mixer(), this::colour));
        this.rowHeight = Math.clamp(1200.0 / inferenceCost.layers().size(), 7, 22);
    }

    private String colour(String mixer) {
        long others = colours.keySet().stream()
                .filter(name -> !name.equals("attention"))
                .count();
        return mixer.equals("attention") ? ATTENTION : COLOURS.get((int) (others % COLOURS.size()));
    }

    /** Returns a number of tokens, such as {@code 16K}. */
    public static String formatTokens(long tokens) {
        return tokens % 1024 == 0 ? tokens / 1024 + "K" : HumanReadable.count(tokens);
    }

    /** Returns the picture as an SVG file. */
    public byte[] svg() {
        return draw(new SvgCanvas(WIDTH, height()));
    }

    /** Returns the picture as a PNG file. */
    public byte[] png() {
        return draw(new PngCanvas(WIDTH, height()));
    }

    private int height() {
        return (int) Math.ceil(TOP + rowHeight * inferenceCost.layers().size() + 84);
    }

    private byte[] draw(Canvas canvas) {
        heading(canvas);
        for (int i = 0; i < inferenceCost.layers().size(); i++) {
            row(canvas, i);
        }
        double y = TOP + rowHeight * inferenceCost.layers().size() + 10;
        int end = inferenceCost.layers().size();
        rest(canvas, y + 12);
        canvas.text(BOX_X + BOX_WIDTH, y + 12, Anchor.END, new Style(12, FAINT, false), "embedding, norm, output");
        sums(canvas, y + 44, end);
        return canvas.bytes();
    }

    private void heading(Canvas canvas) {
        canvas.text(MARGIN, 40, Anchor.START, new Style(20, INK, true), title);
        double x = MARGIN;
        for (Map.Entry<String, String> entry : colours.entrySet()) {
            long count = inferenceCost.layers().stream()
                    .filter(layerCost -> layerCost.mixer().equals(entry.getKey()))
                    .count();
            String text = "%s, %d layer%s".formatted(entry.getKey(), count, count == 1 ? "" : "s");
            canvas.rectangle(x, 58, 13, 13, 3, entry.getValue());
            canvas.text(x + 19, 69, Anchor.START, new Style(13, INK, false), text);
            x += 44 + 7.2 * text.length();
        }
        if (teacher.isPresent()) {
            canvas.rectangle(x, 58, 13, 13, 3, GHOST);
            canvas.text(x + 19, 69, Anchor.START, new Style(13, INK, false), "the teacher's");
        }
        for (int p = 0; p < panels.size(); p++) {
            canvas.text(
                    panelX(p),
                    TOP - 16,
                    Anchor.START,
                    new Style(13, FAINT, true),
                    panels.get(p).title());
        }
        canvas.text(MARGIN, TOP - 16, Anchor.START, new Style(13, FAINT, true), "layer");
    }

    private static double panelX(int panel) {
        return PANEL_X + (double) panel * PANEL_WIDTH;
    }

    private void row(Canvas canvas, int i) {
        InferenceCost.LayerCost layerCost = inferenceCost.layers().get(i);
        double y = TOP + rowHeight * i;
        double height = rowHeight - Math.max(1, rowHeight / 8);
        canvas.rectangle(BOX_X, y, BOX_WIDTH, height, Math.min(4, height / 3), colours.get(layerCost.mixer()));
        if (rowHeight >= 11) {
            double size = Math.min(12, rowHeight - 3);
            double base = y + height / 2 + size * 0.36;
            canvas.text(MARGIN, base, Anchor.START, new Style(size, INK, false), Integer.toString(i));
            canvas.text(BOX_X - 12, base, Anchor.END, new Style(size, FAINT, false), layerCost.label());
            canvas.text(
                    BOX_X + BOX_WIDTH / 2.0, base, Anchor.MIDDLE, new Style(size, "#ffffff", true), named(layerCost));
        } else if (i % 8 == 0) {
            canvas.text(MARGIN, y + height, Anchor.START, new Style(10, INK, false), Integer.toString(i));
        }
        bars(canvas, layerCost, teacher.map(t -> t.layers().get(i)), y, height);
    }

    private static String named(InferenceCost.LayerCost layerCost) {
        String settings = String.join(
                ", ",
                layerCost.settings().entrySet().stream()
                        .filter(entry -> !entry.getKey().equals(MixerSpec.INIT))
                        .map(entry -> entry.getKey() + " " + entry.getValue())
                        .toList());
        String text = settings.isEmpty() ? layerCost.mixer() : layerCost.mixer() + ", " + settings;
        return text.length() <= 27 ? text : text.substring(0, 26) + "\u2026";
    }

    private void bars(
            Canvas canvas,
            InferenceCost.LayerCost layerCost,
            Optional<InferenceCost.LayerCost> before,
            double y,
            double height) {
        for (int p = 0; p < panels.size(); p++) {
            Panel panel = panels.get(p);
            double most = most(panel);
            long value = panel.value().applyAsLong(layerCost);
            double width = value == 0 ? 0 : Math.max(1.5, BAR_WIDTH * value / most);
            double ghost = before.map(b -> BAR_WIDTH * panel.value().applyAsLong(b) / most)
                    .orElse(0.0);
            canvas.rectangle(panelX(p), y, ghost, height, 2, GHOST);
            double inset = before.isPresent() ? height / 5 : 0;
            canvas.rectangle(panelX(p), y + inset, width, height - 2 * inset, 2, colours.get(layerCost.mixer()));
            if (rowHeight >= 11) {
                double size = Math.min(11, rowHeight - 3);
                canvas.text(
                        panelX(p) + Math.max(width, ghost) + 6,
                        y + height / 2 + size * 0.36,
                        Anchor.START,
                        new Style(size, FAINT, false),
                        HumanReadable.bytes(value));
            }
        }
    }

    // not to the scale of layers, which it may exceed by far
    private void rest(Canvas canvas, double y) {
        for (int p = 0; p < panels.size(); p++) {
            String text = HumanReadable.bytes(panels.get(p).value().applyAsLong(inferenceCost.other()));
            canvas.text(panelX(p), y, Anchor.START, new Style(12, FAINT, false), text);
        }
    }

    private double most(Panel panel) {
        List<InferenceCost.LayerCost> all = new ArrayList<>(inferenceCost.layers());
        teacher.ifPresent(t -> all.addAll(t.layers()));
        return Math.max(1, all.stream().mapToLong(panel.value()).max().orElse(1));
    }

    private void sums(Canvas canvas, double y, int layers) {
        InferenceCost.LayerCost all = inferenceCost.total();
        canvas.text(
                MARGIN,
                y,
                Anchor.START,
                new Style(13, INK, true),
                "%d layers, %s parameters".formatted(layers, HumanReadable.count(all.parameterCount())));
        for (int p = 0; p < panels.size(); p++) {
            ToLongFunction<InferenceCost.LayerCost> value = panels.get(p).value();
            canvas.text(
                    panelX(p), y, Anchor.START, new Style(13, INK, true), HumanReadable.bytes(value.applyAsLong(all)));
            int panel = p;
            teacher.map(InferenceCost::total)
                    .filter(before -> value.applyAsLong(before) > 0)
                    .ifPresent(before -> canvas.text(
                            panelX(panel),
                            y + 18,
                            Anchor.START,
                            new Style(12, FAINT, false),
                            change(value.applyAsLong(before), value.applyAsLong(all))));
        }
    }

    private static String change(long before, long after) {
        return String.format(
                Locale.ROOT, "teacher %s, %+.1f %%", HumanReadable.bytes(before), 100.0 * after / before - 100);
    }
}
