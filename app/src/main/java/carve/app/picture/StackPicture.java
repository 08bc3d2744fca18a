package carve.app.picture;

import carve.app.picture.Sheet.Anchor;
import carve.app.picture.Sheet.Style;
import carve.app.terminal.Amounts;
import carve.app.work.Stack;
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
public final class StackPicture {
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
    private record Panel(String title, ToLongFunction<Stack.Layer> value) {}

    private final String title;
    private final Stack stack;
    private final Optional<Stack> teacher;
    private final List<Panel> panels;
    private final Map<String, String> colours = new LinkedHashMap<>();
    private final double rowHeight;

    /**
     * Prepares a picture.
     *
     * @param title what is shown
     * @param teacher what it is compared with, if anything
     */
    public StackPicture(String title, Stack stack, Optional<Stack> teacher) {
        this.title = title;
        this.stack = stack;
        this.teacher = teacher;
        this.panels = List.of(
                new Panel("weights", Stack.Layer::weights),
                new Panel("cache at " + length(stack.context()), Stack.Layer::cache),
                new Panel("read and written per token", Stack.Layer::decode));
        stack.layers().forEach(layer -> colours.computeIfAbsent(layer.mixer(), this::colour));
        this.rowHeight = Math.clamp(1200.0 / stack.layers().size(), 7, 22);
    }

    private String colour(String mixer) {
        long others = colours.keySet().stream()
                .filter(name -> !name.equals("attention"))
                .count();
        return mixer.equals("attention") ? ATTENTION : COLOURS.get((int) (others % COLOURS.size()));
    }

    /** Returns a number of tokens, such as {@code 16K}. */
    public static String length(long tokens) {
        return tokens % 1024 == 0 ? tokens / 1024 + "K" : Amounts.count(tokens);
    }

    /** Returns the picture as an SVG file. */
    public byte[] svg() {
        return draw(new SvgSheet(WIDTH, height()));
    }

    /** Returns the picture as a PNG file. */
    public byte[] png() {
        return draw(new PngSheet(WIDTH, height()));
    }

    private int height() {
        return (int) Math.ceil(TOP + rowHeight * stack.layers().size() + 84);
    }

    private byte[] draw(Sheet sheet) {
        heading(sheet);
        for (int i = 0; i < stack.layers().size(); i++) {
            row(sheet, i);
        }
        double y = TOP + rowHeight * stack.layers().size() + 10;
        int end = stack.layers().size();
        rest(sheet, y + 12);
        sheet.text(BOX_X + BOX_WIDTH, y + 12, Anchor.END, new Style(12, FAINT, false), "embedding, norm, output");
        sums(sheet, y + 44, end);
        return sheet.bytes();
    }

    private void heading(Sheet sheet) {
        sheet.text(MARGIN, 40, Anchor.START, new Style(20, INK, true), title);
        double x = MARGIN;
        for (Map.Entry<String, String> entry : colours.entrySet()) {
            long count = stack.layers().stream()
                    .filter(layer -> layer.mixer().equals(entry.getKey()))
                    .count();
            String text = "%s, %d layer%s".formatted(entry.getKey(), count, count == 1 ? "" : "s");
            sheet.box(x, 58, 13, 13, 3, entry.getValue());
            sheet.text(x + 19, 69, Anchor.START, new Style(13, INK, false), text);
            x += 44 + 7.2 * text.length();
        }
        if (teacher.isPresent()) {
            sheet.box(x, 58, 13, 13, 3, GHOST);
            sheet.text(x + 19, 69, Anchor.START, new Style(13, INK, false), "the teacher's");
        }
        for (int p = 0; p < panels.size(); p++) {
            sheet.text(
                    panelX(p),
                    TOP - 16,
                    Anchor.START,
                    new Style(13, FAINT, true),
                    panels.get(p).title());
        }
        sheet.text(MARGIN, TOP - 16, Anchor.START, new Style(13, FAINT, true), "layer");
    }

    private static double panelX(int panel) {
        return PANEL_X + (double) panel * PANEL_WIDTH;
    }

    private void row(Sheet sheet, int i) {
        Stack.Layer layer = stack.layers().get(i);
        double y = TOP + rowHeight * i;
        double height = rowHeight - Math.max(1, rowHeight / 8);
        sheet.box(BOX_X, y, BOX_WIDTH, height, Math.min(4, height / 3), colours.get(layer.mixer()));
        if (rowHeight >= 11) {
            double size = Math.min(12, rowHeight - 3);
            double base = y + height / 2 + size * 0.36;
            sheet.text(MARGIN, base, Anchor.START, new Style(size, INK, false), Integer.toString(i));
            sheet.text(BOX_X - 12, base, Anchor.END, new Style(size, FAINT, false), layer.label());
            sheet.text(BOX_X + BOX_WIDTH / 2.0, base, Anchor.MIDDLE, new Style(size, "#ffffff", true), named(layer));
        } else if (i % 8 == 0) {
            sheet.text(MARGIN, y + height, Anchor.START, new Style(10, INK, false), Integer.toString(i));
        }
        bars(sheet, layer, teacher.map(t -> t.layers().get(i)), y, height);
    }

    private static String named(Stack.Layer layer) {
        String settings = String.join(
                ", ",
                layer.settings().entrySet().stream()
                        .filter(entry -> !entry.getKey().equals("seed"))
                        .map(entry -> entry.getKey() + " " + entry.getValue())
                        .toList());
        String text = settings.isEmpty() ? layer.mixer() : layer.mixer() + ", " + settings;
        return text.length() <= 27 ? text : text.substring(0, 26) + "\u2026";
    }

    private void bars(Sheet sheet, Stack.Layer layer, Optional<Stack.Layer> before, double y, double height) {
        for (int p = 0; p < panels.size(); p++) {
            Panel panel = panels.get(p);
            double most = most(panel);
            long value = panel.value().applyAsLong(layer);
            double width = value == 0 ? 0 : Math.max(1.5, BAR_WIDTH * value / most);
            double ghost = before.map(b -> BAR_WIDTH * panel.value().applyAsLong(b) / most)
                    .orElse(0.0);
            sheet.box(panelX(p), y, ghost, height, 2, GHOST);
            double inset = before.isPresent() ? height / 5 : 0;
            sheet.box(panelX(p), y + inset, width, height - 2 * inset, 2, colours.get(layer.mixer()));
            if (rowHeight >= 11) {
                double size = Math.min(11, rowHeight - 3);
                sheet.text(
                        panelX(p) + Math.max(width, ghost) + 6,
                        y + height / 2 + size * 0.36,
                        Anchor.START,
                        new Style(size, FAINT, false),
                        Amounts.bytes(value));
            }
        }
    }

    // not to the scale of layers, which it may exceed by far
    private void rest(Sheet sheet, double y) {
        for (int p = 0; p < panels.size(); p++) {
            String text = Amounts.bytes(panels.get(p).value().applyAsLong(stack.rest()));
            sheet.text(panelX(p), y, Anchor.START, new Style(12, FAINT, false), text);
        }
    }

    private double most(Panel panel) {
        List<Stack.Layer> all = new ArrayList<>(stack.layers());
        teacher.ifPresent(t -> all.addAll(t.layers()));
        return Math.max(1, all.stream().mapToLong(panel.value()).max().orElse(1));
    }

    private void sums(Sheet sheet, double y, int layers) {
        Stack.Layer all = stack.total();
        sheet.text(
                MARGIN,
                y,
                Anchor.START,
                new Style(13, INK, true),
                "%d layers, %s parameters".formatted(layers, Amounts.count(all.parameters())));
        for (int p = 0; p < panels.size(); p++) {
            ToLongFunction<Stack.Layer> value = panels.get(p).value();
            sheet.text(panelX(p), y, Anchor.START, new Style(13, INK, true), Amounts.bytes(value.applyAsLong(all)));
            int panel = p;
            teacher.map(Stack::total)
                    .filter(before -> value.applyAsLong(before) > 0)
                    .ifPresent(before -> sheet.text(
                            panelX(panel),
                            y + 18,
                            Anchor.START,
                            new Style(12, FAINT, false),
                            change(value.applyAsLong(before), value.applyAsLong(all))));
        }
    }

    private static String change(long before, long after) {
        return String.format(Locale.ROOT, "teacher %s, %+.1f %%", Amounts.bytes(before), 100.0 * after / before - 100);
    }
}
