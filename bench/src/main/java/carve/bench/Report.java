package carve.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The table.
 *
 * @param roofline of the machine
 * @param notes on the machine and the run
 * @param rows what was measured
 */
record Report(Roofline roofline, List<String> notes, List<BenchmarkResult> rows) {
    private static final double GIGA = 1e-9;
    private static final double MILLI = 1e3;

    /** Returns it as Markdown. */
    String markdown() {
        List<String> lines = new ArrayList<>(List.of("# The CPU device against the limits of its machine", ""));
        notes.forEach(note -> lines.add("- " + note));
        lines.addAll(List.of(
                "",
                "| limit | 1 thread | %d threads |".formatted(roofline.threads()),
                "|:--|--:|--:|",
                text(
                        "| F32 FMA on registers, GFLOP/s | %.1f | %.1f |",
                        roofline.singleThreadFlops() * GIGA, roofline.flops() * GIGA),
                text(
                        "| reading memory, GB/s | %.1f | %.1f |",
                        roofline.singleThreadBandwidth() * GIGA, roofline.bandwidth() * GIGA),
                "",
                "Share: the time that the work needs at the limit that binds it (FMA or memory, all threads), divided by the time"
                        + " it took; by the median, and by the best repetition.",
                "",
                "| what | shape | ran | ms, median (quartiles) | GFLOP/s | GB/s | bound by | share | best | remark |",
                "|:--|:--|:--|--:|--:|--:|:--|--:|--:|:--|"));
        rows.forEach(benchmarkResult -> lines.add(line(benchmarkResult)));
        lines.addAll(List.of("", "What was compared before it was timed:", ""));
        rows.forEach(benchmarkResult -> lines.add("- %s, %s: %s%s"
                .formatted(
                        benchmarkResult.name(),
                        benchmarkResult.shape(),
                        benchmarkResult.correctnessGate().passed() ? "" : "RED: ",
                        benchmarkResult.correctnessGate().description())));
        return String.join("\n", lines) + "\n";
    }

    private String line(BenchmarkResult benchmarkResult) {
        String begin =
                "| %s | %s | %s |".formatted(benchmarkResult.name(), benchmarkResult.shape(), benchmarkResult.kernel());
        return benchmarkResult
                .timing()
                .map(times -> begin
                        + text(
                                " %s (%s, %s) | %.1f | %s | %s | %.0f %% | %.0f %% | %s |",
                                millis(times.median()),
                                millis(times.quantile(0.25)),
                                millis(times.quantile(0.75)),
                                benchmarkResult.work().flops() / times.median() * GIGA,
                                rate(benchmarkResult.work().bytes() / times.median()),
                                benchmarkResult.work().boundBy(roofline),
                                share(benchmarkResult, times.median()),
                                share(benchmarkResult, times.min()),
                                benchmarkResult.note()))
                .orElse(begin + " wrong results, not timed | | | | | | |");
    }

    private static String millis(double seconds) {
        double value = seconds * MILLI;
        return text(value < 1 ? "%.3f" : value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    private static String rate(double bytes) {
        return bytes == 0 ? "" : text("%.1f", bytes * GIGA);
    }

    private double share(BenchmarkResult benchmarkResult, double seconds) {
        return 100 * benchmarkResult.work().minSeconds(roofline) / seconds;
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
