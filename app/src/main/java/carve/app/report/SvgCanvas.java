package carve.app.report;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** A sheet that is an SVG file. */
final class SvgCanvas implements Canvas {
    private final StringBuilder body = new StringBuilder();

    SvgCanvas(int width, int height) {
        add(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" font-family=\"Helvetica,"
                        + " Arial, sans-serif\">%n",
                width, height, width, height);
        add("<rect width=\"%d\" height=\"%d\" fill=\"#ffffff\"/>%n", width, height);
    }

    private void add(String format, Object... values) {
        body.append(String.format(Locale.ROOT, format.replace("%n", "\n"), values));
    }

    @Override
    public void rectangle(double x, double y, double width, double height, double radius, String colour) {
        add(
                "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" rx=\"%.1f\" fill=\"%s\"/>%n",
                x, y, width, height, radius, colour);
    }

    @Override
    public void line(double fromX, double fromY, double toX, double toY, double width, String colour) {
        add(
                "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" stroke-width=\"%.1f\" stroke=\"%s\"/>%n",
                fromX, fromY, toX, toY, width, colour);
    }

    @Override
    public void text(double x, double y, Anchor anchor, Style style, String text) {
        add(
                "<text x=\"%.1f\" y=\"%.1f\" font-size=\"%.1f\" fill=\"%s\" text-anchor=\"%s\"%s>%s</text>%n",
                x,
                y,
                style.size(),
                style.colour(),
                anchor.name().toLowerCase(Locale.ROOT),
                style.bold() ? " font-weight=\"bold\"" : "",
                escaped(text));
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    @Override
    public byte[] bytes() {
        return (body + "</svg>\n").getBytes(StandardCharsets.UTF_8);
    }
}
