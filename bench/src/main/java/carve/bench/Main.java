package carve.bench;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.runtime.catalog.Catalogs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.stream.Stream;

/** Measures a device against the limits of its machine, in one run, and prints ratios. */
public final class Main {
    private final Logger program =
            Logger.getLogger("carve"); // held: the log forgets levels of loggers that nobody holds
    private final BenchmarkContext benchmarkContext;
    private final Options options;

    private Main(BenchmarkContext benchmarkContext, Options options) {
        this.benchmarkContext = benchmarkContext;
        this.options = options;
        program.setLevel(Level.WARNING);
    }

    /**
     * Runs it and ends the process: 0 if all results were right, 1 if some were wrong, 2 if the command line was.
     *
     * @throws IOException if the figures cannot be written
     */
    public static void main(String[] line) throws IOException {
        if (List.of(line).contains("--help")) {
            System.out.print(Options.USAGE);
            return;
        }
        try {
            Options options = Options.of(line, standardModel());
            BenchmarkContext benchmarkContext = new BenchmarkContext(
                    Catalogs.discover(ModuleLayer.boot()), options.device(), options.repetitions());
            System.exit(new Main(benchmarkContext, options).run() ? 0 : 1);
        } catch (IllegalArgumentException e) {
            System.err.println(e.getMessage() + "\n\n" + Options.USAGE);
            System.exit(2);
        }
    }

    private static Path standardModel() {
        Path trained = Path.of("demo", "teacher");
        return Files.exists(trained.resolve("config.json")) ? trained : Path.of("demo", "untrained");
    }

    private boolean run() throws IOException {
        double load = HostInfo.load();
        progress("limits");
        Roofline before = Roofline.measure();
        List<BenchmarkResult> rows = rows();
        progress("limits again");
        Roofline after = Roofline.measure();
        Roofline roofline = before.max(after);
        List<String> notes = notes(load, before, after);
        System.out.print(new Report(roofline, notes, rows).markdown());
        write(roofline, notes, rows);
        return rows.stream()
                .allMatch(benchmarkResult -> benchmarkResult.correctnessGate().passed());
    }

    private List<BenchmarkResult> rows() {
        try (TemporaryFolders temporaryFolders = new TemporaryFolders()) {
            List<Benchmark> cases = new ArrayList<>(Benchmarks.ops());
            cases.addAll(Benchmarks.trainings(DemoModels.of(benchmarkContext, options.model(), temporaryFolders)));
            List<BenchmarkResult> rows = new ArrayList<>();
            for (Benchmark each : cases) {
                if (each.name().contains(options.only())) {
                    progress(each.name());
                    rows.addAll(each.measure(benchmarkContext));
                }
            }
            return rows;
        }
    }

    private static void progress(String what) {
        System.err.println("measuring " + what);
    }

    private List<String> notes(double load, Roofline before, Roofline after) {
        String loads =
                String.format(Locale.ROOT, "load average %.1f before and %.1f after the run", load, HostInfo.load());
        String limits = String.format(
                Locale.ROOT,
                "limits are the better of two measurements, before and after: %.1f and %.1f"
                        + " GFLOP/s, %.1f and %.1f GB/s",
                before.flops() * 1e-9,
                after.flops() * 1e-9,
                before.bandwidth() * 1e-9,
                after.bandwidth() * 1e-9);
        String how =
                "%d repetitions, each of as many calls as take 20 ms or of one training step, after warming up; %s of %s"
                        .formatted(options.repetitions(), "training steps with weights", options.model());
        Stream<String> all = Stream.of(
                LocalDate.now(ZoneOffset.UTC).toString(), HostInfo.description(), loads, limits, how, options.note());
        return all.filter(note -> !note.isEmpty()).toList();
    }

    private void write(Roofline roofline, List<String> notes, List<BenchmarkResult> rows) throws IOException {
        List<String> lines = new ArrayList<>();
        JsonObject machine = JsonObject.empty()
                .with("threads", roofline.threads())
                .with("flops-of-one", roofline.singleThreadFlops())
                .with("flops", roofline.flops())
                .with("bandwidth-of-one", roofline.singleThreadBandwidth())
                .with("bandwidth", roofline.bandwidth())
                .with("notes", JsonArray.ofStrings(notes));
        lines.add(Json.compact(machine));
        rows.forEach(benchmarkResult -> lines.add(Json.compact(benchmarkResult.json(roofline))));
        Files.createDirectories(options.json().toAbsolutePath().getParent());
        Files.write(options.json(), lines);
    }
}
