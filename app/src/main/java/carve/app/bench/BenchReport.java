package carve.app.bench;

import carve.api.json.Json;
import carve.app.report.HumanReadable;
import carve.app.report.LinePlot;
import carve.app.report.LinePlot.Point;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Figures in the forms that people and programs read.
 *
 * @param rows in the order in which they were measured
 */
public record BenchReport(List<Measurement> rows) {
    /** Copies the list. */
    public BenchReport {
        rows = List.copyOf(rows);
    }

    /** Returns the lines of a table in Markdown. */
    public List<String> markdown() {
        List<String> lines = new ArrayList<>(List.of(
                "| model | type | weights | threads | rows | test | tokens/s | quartiles | state |",
                "| --- | --- | ---: | ---: | ---: | --- | ---: | ---: | ---: |"));
        rows.forEach(row -> lines.add(line(row)));
        return lines;
    }

    private static String line(Measurement row) {
        return "| %s | %s | %s | %d | %d | %s | %s | %s to %s | %s |"
                .formatted(
                        row.modelInfo().model(),
                        row.modelInfo().type(),
                        HumanReadable.bytes(row.modelInfo().weightBytes()),
                        row.modelInfo().threads(),
                        row.workload().batch(),
                        row.workload().name(),
                        rate(row.tokensPerSecond(row.times().median())),
                        rate(row.tokensPerSecond(row.times().quantile(0.75))),
                        rate(row.tokensPerSecond(row.times().quantile(0.25))),
                        HumanReadable.bytes(row.stateBytes()));
    }

    private static String rate(double rate) {
        return String.format(Locale.ROOT, rate < 100 ? "%.2f" : "%.1f", rate);
    }

    /** Returns a line of JSON for each measurement. */
    public List<String> jsonLines() {
        return rows.stream().map(row -> Json.compact(row.json())).toList();
    }

    /**
     * Writes {@code latency.png} and {@code memory.png}: milliseconds from one token of an answer to the next, and bytes of
     * weights and state together, against the context, a line for each model.
     *
     * @return the files; none if no answers were measured
     * @throws IOException if they cannot be written
     */
    public List<Path> plots(Path folder) throws IOException {
        if (rows.stream().noneMatch(row -> row.workload().kind() == Workload.Kind.TEXT_GENERATION)) {
            return List.of();
        }
        Files.createDirectories(folder);
        return List.of(
                plot(
                        folder.resolve("latency.png"),
                        "Milliseconds from one token of an answer to the next",
                        Measurement::millisPerToken),
                plot(
                        folder.resolve("memory.png"),
                        "GiB of weights and of one session's state",
                        row -> (row.modelInfo().weightBytes() + row.stateBytes()) / 0x1p30));
    }

    private Path plot(Path file, String title, ToDoubleFunction<Measurement> value) throws IOException {
        Map<String, List<Point>> lines = new LinkedHashMap<>();
        rows.stream()
                .filter(row -> row.workload().kind() == Workload.Kind.TEXT_GENERATION)
                .forEach(row -> lines.computeIfAbsent(label(row), _ -> new ArrayList<>())
                        .add(new Point(
                                row.workload().depth() > 0
                                        ? row.workload().depth()
                                        : row.workload().tokens(),
                                value.applyAsDouble(row))));
        Files.write(file, new LinePlot(title, "positions seen before", lines).png());
        return file;
    }

    private static String label(Measurement row) {
        return "%s, %s, %d thread%s%s"
                .formatted(
                        row.modelInfo().model(),
                        row.modelInfo().type(),
                        row.modelInfo().threads(),
                        row.modelInfo().threads() == 1 ? "" : "s",
                        row.workload().batch() == 1
                                ? ""
                                : ", %d rows".formatted(row.workload().batch()));
    }
}
