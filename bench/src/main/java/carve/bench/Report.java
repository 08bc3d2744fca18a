package carve.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The table.
 *
 * @param limits of the machine
 * @param notes on the machine and the run
 * @param rows what was measured
 */
record Report(Limits limits, List<String> notes, List<Row> rows) {
    private static final double GIGA = 1e-9;
    private static final double MILLI = 1e3;

    /** Returns it as Markdown. */
    String markdown() {
        List<String> lines = new ArrayList<>(List.of("# The CPU device against its machine", ""));
        notes.forEach(note -> lines.add("- " + note));
        lines.addAll(List.of(
                "",
                "| limit | 1 thread | %d threads |".formatted(limits.threads()),
                "|:--|--:|--:|",
                text(
                        "| F32 FMA on registers, GFLOP/s | %.1f | %.1f |",
                        limits.flopsOfOne() * GIGA, limits.flops() * GIGA),
                text(
                        "| reading memory, GB/s | %.1f | %.1f |",
                        limits.bandwidthOfOne() * GIGA, limits.bandwidth() * GIGA),
                "",
                "Share: the time that the work needs at the limit that binds it (FMA or memory, all threads), divided by the time"
                        + " it took; by the median, and by the best repetition.",
                "",
                "| what | shape | ran | ms, median (quartiles) | GFLOP/s | GB/s | bound by | share | best | remark |",
                "|:--|:--|:--|--:|--:|--:|:--|--:|--:|:--|"));
        rows.forEach(row -> lines.add(line(row)));
        lines.addAll(List.of("", "What was compared before it was timed:", ""));
        rows.forEach(row -> lines.add("- %s, %s: %s%s"
                .formatted(
                        row.name(),
                        row.shape(),
                        row.gate().green() ? "" : "RED: ",
                        row.gate().finding())));
        return String.join("\n", lines) + "\n";
    }

    private String line(Row row) {
        String begin = "| %s | %s | %s |".formatted(row.name(), row.shape(), row.ran());
        return row.timing()
                .map(times -> begin
                        + text(
                                " %s (%s, %s) | %.1f | %s | %s | %.0f %% | %.0f %% | %s |",
                                millis(times.median()),
                                millis(times.quantile(0.25)),
                                millis(times.quantile(0.75)),
                                row.work().flops() / times.median() * GIGA,
                                rate(row.work().bytes() / times.median()),
                                row.work().bound(limits),
                                share(row, times.median()),
                                share(row, times.least()),
                                row.remark()))
                .orElse(begin + " wrong results, not timed | | | | | | |");
    }

    private static String millis(double seconds) {
        double value = seconds * MILLI;
        return text(value < 1 ? "%.3f" : value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    private static String rate(double bytes) {
        return bytes == 0 ? "" : text("%.1f", bytes * GIGA);
    }

    private double share(Row row, double seconds) {
        return 100 * row.work().seconds(limits) / seconds;
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
