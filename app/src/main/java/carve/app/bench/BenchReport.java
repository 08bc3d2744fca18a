package carve.app.bench;

import carve.api.config.Json;
import carve.app.picture.LinePlot;
import carve.app.picture.LinePlot.Point;
import carve.app.terminal.Amounts;
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
                        row.subject().model(),
                        row.subject().type(),
                        Amounts.bytes(row.subject().weightBytes()),
                        row.subject().threads(),
                        row.work().batch(),
                        row.work().name(),
                        rate(row.rate(row.times().median())),
                        rate(row.rate(row.times().at(0.75))),
                        rate(row.rate(row.times().at(0.25))),
                        Amounts.bytes(row.stateBytes()));
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
        if (rows.stream().noneMatch(row -> row.work().kind() == Workload.Kind.ANSWER)) {
            return List.of();
        }
        Files.createDirectories(folder);
        return List.of(
                plot(
                        folder.resolve("latency.png"),
                        "Milliseconds from one token of an answer to the next",
                        Measurement::millis),
                plot(
                        folder.resolve("memory.png"),
                        "GiB of weights and of one session's state",
                        row -> (row.subject().weightBytes() + row.stateBytes()) / 0x1p30));
    }

    private Path plot(Path file, String title, ToDoubleFunction<Measurement> value) throws IOException {
        Map<String, List<Point>> lines = new LinkedHashMap<>();
        rows.stream()
                .filter(row -> row.work().kind() == Workload.Kind.ANSWER)
                .forEach(row -> lines.computeIfAbsent(label(row), _ -> new ArrayList<>())
                        .add(new Point(
                                row.work().depth() > 0
                                        ? row.work().depth()
                                        : row.work().tokens(),
                                value.applyAsDouble(row))));
        Files.write(file, new LinePlot(title, "positions seen before", lines).png());
        return file;
    }

    private static String label(Measurement row) {
        return "%s, %s, %d thread%s%s"
                .formatted(
                        row.subject().model(),
                        row.subject().type(),
                        row.subject().threads(),
                        row.subject().threads() == 1 ? "" : "s",
                        row.work().batch() == 1
                                ? ""
                                : ", %d rows".formatted(row.work().batch()));
    }
}
