package carve.bench.gpu;

import carve.api.device.Availability;
import carve.api.device.DeviceProvider;
import carve.api.json.Json;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Writes the report of a card: {@code DEVICE FOLDER SECONDS FIXTURES MODEL [small]}. After so many seconds nothing more is
 * begun; what was found until then is in FOLDER, as {@code card.jsonl} and {@code card.md}. MODEL is a folder with the
 * {@code config.json} of a published model; weights are random. What others made of the same cases is read from {@code
 * peers.jsonl} in FOLDER, if it is there, see {@code gpu_peers.py}.
 */
public final class Main {
    private final BenchmarkSession benchmarkSession;
    private final Path folder;
    private final String card;
    private final List<Measurement> figures = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();

    private Main(BenchmarkSession benchmarkSession, Path folder, String card) {
        this.benchmarkSession = benchmarkSession;
        this.folder = folder;
        this.card = card;
    }

    /**
     * Runs it.
     *
     * @throws IOException if the report cannot be written
     */
    public static void main(String[] line) throws IOException {
        if (line.length < 5) {
            System.err.println("arguments: DEVICE FOLDER SECONDS FIXTURES MODEL [small]");
            System.exit(2);
        }
        long end = System.nanoTime() + Long.parseLong(line[2]) * 1_000_000_000L;
        var benchmarkSession = new BenchmarkSession(
                Catalogs.discover(ModuleLayer.boot()), line[0], line.length > 5 && line[5].equals("small"), end);
        DeviceProvider provider = benchmarkSession.catalogs().devices().provider(line[0]);
        if (!(provider.probe() instanceof Availability.Available(int rank, String description))) {
            System.err.println(provider.probe());
            System.exit(2);
            return;
        }
        Files.createDirectories(Path.of(line[1]));
        System.exit(
                new Main(benchmarkSession, Path.of(line[1]), description).run(Path.of(line[3]), Path.of(line[4]))
                        ? 0
                        : 1);
    }

    private boolean run(Path fixtures, Path model) throws IOException {
        part("fixtures", () -> new LogitsParity(benchmarkSession, fixtures).figures());
        List<OpBenchmark.Result> found = new ArrayList<>();
        part("operations", () -> {
            found.add(OpBenchmark.of(benchmarkSession));
            return found.getFirst().figures();
        });
        part("peers", () -> PeerComparison.compare(folder.resolve("peers.jsonl"), figures));
        double measured = found.isEmpty() ? 0 : found.getFirst().bandwidth();
        double bandwidth = Math.max(measured, PeerComparison.bandwidth(folder.resolve("peers.jsonl")));
        double products = found.isEmpty() ? 0 : found.getFirst().products();
        try (ModelFolder teacher = benchmarkSession.model(model)) {
            part("generation", () -> DecodeBenchmark.of(benchmarkSession, teacher, bandwidth));
            part("training", () -> TrainingBenchmark.of(benchmarkSession, teacher, products));
        }
        part(
                "goals",
                () -> PerformanceGoals.of(
                        List.copyOf(figures),
                        bandwidth,
                        products,
                        DecodeBenchmark.comparedLength(benchmarkSession),
                        DecodeBenchmark.lengths(benchmarkSession)));
        return problems.isEmpty();
    }

    // what one part does wrong is said in the report, and the others go on
    private void part(String name, Supplier<List<Measurement>> body) throws IOException {
        System.err.println("measuring " + name);
        try {
            figures.addAll(body.get());
        } catch (RuntimeException | LinkageError e) {
            problems.add(name + ": " + e);
        }
        write();
    }

    private void write() throws IOException {
        Files.write(
                folder.resolve("card.jsonl"),
                figures.stream()
                        .map(measurement -> Json.compact(measurement.json()))
                        .toList());
        List<String> lines = new ArrayList<>(List.of("# Report of the CUDA device", "", card));
        Set<String> parts = new LinkedHashSet<>();
        figures.stream()
                .map(Measurement::section)
                .filter(PerformanceGoals.PART::equals) // above all that they stand on
                .forEach(parts::add);
        figures.forEach(measurement -> parts.add(measurement.section()));
        for (String part : parts) {
            lines.addAll(List.of(
                    "",
                    "## " + part,
                    "",
                    "| case | value | milliseconds (quartiles) | |",
                    "| --- | --- | --- | --- |"));
            figures.stream()
                    .filter(measurement -> measurement.section().equals(part))
                    .forEach(measurement -> lines.add(measurement.row()));
        }
        lines.addAll(ModelComparison.of(figures, DecodeBenchmark.lengths(benchmarkSession)));
        problems.forEach(problem -> lines.addAll(List.of("", "**Failed:** " + problem)));
        if (!benchmarkSession.hasTimeLeft()) {
            lines.addAll(List.of("", "The time limit was reached before all measurements had begun."));
        }
        Files.write(folder.resolve("card.md"), lines);
    }
}
