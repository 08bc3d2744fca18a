package carve.bench;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.hocon.Catalogs;
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
    private final Bench bench;
    private final Options options;

    private Main(Bench bench, Options options) {
        this.bench = bench;
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
            Bench bench = new Bench(Catalogs.discover(ModuleLayer.boot()), options.device(), options.repetitions());
            System.exit(new Main(bench, options).run() ? 0 : 1);
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
        double load = Host.load();
        progress("limits");
        Limits before = Limits.measure();
        List<Row> rows = rows();
        progress("limits again");
        Limits after = Limits.measure();
        Limits limits = before.or(after);
        List<String> notes = notes(load, before, after);
        System.out.print(new Report(limits, notes, rows).markdown());
        write(limits, notes, rows);
        return rows.stream().allMatch(row -> row.gate().green());
    }

    private List<Row> rows() {
        try (Folders folders = new Folders()) {
            List<Case> cases = new ArrayList<>(Cases.ops());
            cases.addAll(Cases.trainings(DemoModels.of(bench, options.model(), folders)));
            List<Row> rows = new ArrayList<>();
            for (Case each : cases) {
                if (each.name().contains(options.only())) {
                    progress(each.name());
                    rows.addAll(each.measure(bench));
                }
            }
            return rows;
        }
    }

    private static void progress(String what) {
        System.err.println("measuring " + what);
    }

    private List<String> notes(double load, Limits before, Limits after) {
        String loads = String.format(Locale.ROOT, "load average %.1f before and %.1f after the run", load, Host.load());
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
                LocalDate.now(ZoneOffset.UTC).toString(), Host.description(), loads, limits, how, options.note());
        return all.filter(note -> !note.isEmpty()).toList();
    }

    private void write(Limits limits, List<String> notes, List<Row> rows) throws IOException {
        List<String> lines = new ArrayList<>();
        JsonObject machine = JsonObject.empty()
                .with("threads", limits.threads())
                .with("flops-of-one", limits.flopsOfOne())
                .with("flops", limits.flops())
                .with("bandwidth-of-one", limits.bandwidthOfOne())
                .with("bandwidth", limits.bandwidth())
                .with("notes", JsonArray.ofStrings(notes));
        lines.add(Json.compact(machine));
        rows.forEach(row -> lines.add(Json.compact(row.json(limits))));
        Files.createDirectories(options.json().toAbsolutePath().getParent());
        Files.write(options.json(), lines);
    }
}
