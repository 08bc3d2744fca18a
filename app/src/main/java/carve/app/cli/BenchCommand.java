package carve.app.cli;

import carve.api.config.MapSettings;
import carve.api.config.NameSuggestions;
import carve.api.config.SettingsNode;
import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.model.LoadedModel;
import carve.api.tensor.DType;
import carve.app.bench.BenchModel;
import carve.app.bench.BenchReport;
import carve.app.bench.CorrectnessGate;
import carve.app.bench.Measurement;
import carve.app.bench.RandomModelArgument;
import carve.app.bench.Workload;
import carve.app.plugin.Presets;
import carve.app.report.Terminal;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.PublishedConfigs;
import carve.runtime.model.WeightPrecision;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve bench}. */
final class BenchCommand implements Command {
    private static final List<String> TYPES = Stream.concat(
                    Stream.of(DType.F32, DType.F16, DType.BF16),
                    Arrays.stream(DType.values()).filter(DType::isQuantised))
            .map(DType::key)
            .toList();
    private static final String LONG_DEPTHS = "1024,4096,16384,65536,131072";

    private final Terminal terminal;
    private final Provider<Presets> presets;
    private final Provider<Catalogs> catalogs;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    BenchCommand(
            Terminal terminal,
            Provider<Presets> presets,
            Provider<Catalogs> catalogs,
            ModelOpener modelOpener,
            OpenDevices openDevices) {
        this.terminal = terminal;
        this.presets = presets;
        this.catalogs = catalogs;
        this.modelOpener = modelOpener;
        this.openDevices = openDevices;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        BenchCommand.class,
                        "bench",
                        "Measure models as llama-bench does: prompt processing (pp) and token generation (tg), at any depth, with any number of threads and rows.",
                        "Each model must pass a correctness check before it is measured.",
                        "LIST is a list of numbers, separated by commas. A length of 0 skips prompts or answers.")
                .required(
                        "--models",
                        String[].class,
                        "MODEL",
                        "Folders, GGUF files or hf:ORG/NAME; or shape:NAME, or shape:NAME+PLAN, for random weights, NAME one of "
                                + String.join(", ", PublishedConfigs.names()) + ".")
                .option("--prompt", String.class, "LIST", "Prompt lengths; 512 if not given.")
                .option("--generate", String.class, "LIST", "Numbers of generated tokens; 64 if not given.")
                .option(
                        "--depth",
                        String.class,
                        "LIST",
                        "Context lengths before the measurement; 0 if not given, long for " + LONG_DEPTHS + ".")
                .option("--threads", String.class, "LIST", "Compute threads; those of the settings if not given.")
                .option("--batch", String.class, "LIST", "Batch sizes; 1 if not given.")
                .option(
                        "--type",
                        String.class,
                        "LIST",
                        "Types of random weights: " + String.join(", ", TYPES) + "; f32 if not given.")
                .option("--repeat", Integer.class, "N", "Repetitions after the warm-up; 5 if not given.")
                .option(
                        "--warm-up",
                        Double.class,
                        "SECONDS",
                        "Warm-up before each measurement, for the JVM's compiler; 1 if not given.")
                .option("--seed", Long.class, "N", "Seed of random weights; 42 if not given.")
                .option("--json", Path.class, "FILE", "Also write the measurements as JSON lines.")
                .option("--plots", Path.class, "FOLDER", "Also write latency.png and memory.png against the context.")
                .example("carve bench --models models/mamba2-130m")
                .example("carve bench --models shape:mamba2-130m --type f32,bf16 --prompt 512,2048 --threads 1,2")
                .example("carve bench --models shape:hovle-2.7b --models shape:hovle-2.7b+linear --models"
                        + " shape:hovle-2.7b+hybrid --type bf16 --prompt 0 --generate 8 --depth long --plots plots")
                .build();
    }

    private static DType type(String word) {
        if (!TYPES.contains(word)) {
            throw new IllegalArgumentException(NameSuggestions.unknown("storage type of matrices", word, TYPES));
        }
        return DType.valueOf(word.toUpperCase(Locale.ROOT));
    }

    private record BenchPlan(
            List<Workload> works, List<Integer> threads, List<DType> types, int repeat, double warmUp, long seed) {}

    @Override
    public int run(ParseResult arguments) throws IOException {
        BenchPlan benchPlan = plan(arguments);
        List<Measurement> rows = new ArrayList<>();
        List<String> wrong = new ArrayList<>();
        for (int threads : benchPlan.threads) {
            Device device = threads == 0 ? openDevices.device() : open(threads);
            try {
                for (String model : CommandOptions.valueOr(arguments, "--models", new String[0])) {
                    measure(model, device, threads, benchPlan, rows, wrong);
                }
            } finally {
                if (threads != 0) {
                    device.close();
                }
            }
        }
        BenchReport report = new BenchReport(rows);
        report.markdown().forEach(terminal::println);
        wrong.forEach(problem -> terminal.printMessage("carve: skipped, correctness check failed: " + problem));
        write(arguments, report);
        return wrong.isEmpty() ? 0 : 1;
    }

    private void write(ParseResult arguments, BenchReport report) throws IOException {
        Path json = CommandOptions.valueOr(arguments, "--json", Path.of(""));
        if (!json.toString().isEmpty()) {
            Files.createDirectories(json.toAbsolutePath().getParent());
            Files.write(json, report.jsonLines());
        }
        Path plots = CommandOptions.valueOr(arguments, "--plots", Path.of(""));
        if (!plots.toString().isEmpty()) {
            report.plots(plots).forEach(file -> terminal.printMessage("wrote " + file));
        }
    }

    private static BenchPlan plan(ParseResult arguments) {
        String depths = CommandOptions.valueOr(arguments, "--depth", "0");
        List<Workload> works = new ArrayList<>();
        for (int batch : numbers("--batch", CommandOptions.valueOr(arguments, "--batch", "1"), 1)) {
            for (int depth : numbers("--depth", depths.equals("long") ? LONG_DEPTHS : depths, 0)) {
                lengths(arguments, "--prompt", "512")
                        .forEach(n -> works.add(new Workload(Workload.Kind.PROMPT_PROCESSING, n, depth, batch)));
                lengths(arguments, "--generate", "64")
                        .forEach(n -> works.add(new Workload(Workload.Kind.TEXT_GENERATION, n, depth, batch)));
            }
        }
        int repeat = CommandOptions.valueOr(arguments, "--repeat", 5);
        if (repeat < 1 || works.isEmpty()) {
            throw new IllegalArgumentException(
                    "there is nothing to measure: %d workloads, --repeat %d".formatted(works.size(), repeat));
        }
        double warmUp = CommandOptions.valueOr(arguments, "--warm-up", 1.0);
        if (!(warmUp >= 0 && warmUp < Double.POSITIVE_INFINITY)) {
            throw new IllegalArgumentException("--warm-up must be seconds, is " + warmUp);
        }
        String threads = CommandOptions.valueOr(arguments, "--threads", "");
        return new BenchPlan(
                works,
                threads.isEmpty() ? List.of(0) : numbers("--threads", threads, 1),
                Arrays.stream(CommandOptions.valueOr(arguments, "--type", "f32").split(","))
                        .map(BenchCommand::type)
                        .toList(),
                repeat,
                warmUp,
                CommandOptions.valueOr(arguments, "--seed", 42L));
    }

    private static List<Integer> lengths(ParseResult arguments, String option, String otherwise) {
        String given = CommandOptions.valueOr(arguments, option, otherwise);
        return given.equals("0") ? List.of() : numbers(option, given, 1);
    }

    private static List<Integer> numbers(String option, String list, int least) {
        return Arrays.stream(list.split(","))
                .map(word -> {
                    if (!word.matches("\\d{1,8}") || Integer.parseInt(word) < least) {
                        throw new IllegalArgumentException(
                                "%s: expected numbers from %d with commas, found '%s'".formatted(option, least, list));
                    }
                    return Integer.valueOf(word);
                })
                .toList();
    }

    // a device of its own for each number of threads
    private Device open(int threads) {
        String name = openDevices
                .selector()
                .selected()
                .orElseThrow(() -> new DeviceException(
                        "no device is available: " + openDevices.selector().probe()));
        SettingsNode.Section settings =
                MapSettings.of(Map.of("threads", threads), "--threads").asTree();
        return catalogs.get().devices().create(name, settings, (provider, all) -> provider.open(all));
    }

    private void measure(
            String name, Device device, int threads, BenchPlan benchPlan, List<Measurement> rows, List<String> wrong)
            throws IOException {
        int count = threads == 0 ? Runtime.getRuntime().availableProcessors() : threads;
        if (!name.startsWith(RandomModelArgument.PREFIX)) {
            try (ModelFolder folder = modelOpener.open(Path.of(name));
                    LoadedModel model = folder.load(device, WeightPrecision.AS_STORED)) {
                measure(new BenchModel(label(name), model, count), benchPlan, rows, wrong);
            }
            return;
        }
        String shape = name.substring(RandomModelArgument.PREFIX.length());
        for (DType type : benchPlan.types) {
            try (LoadedModel model = RandomModelArgument.parse(shape, catalogs.get(), presets.get(), benchPlan.seed)
                    .load(device, type)) {
                measure(new BenchModel(shape, model, count), benchPlan, rows, wrong);
            }
        }
    }

    private static String label(String path) {
        return Path.of(path).getFileName().toString();
    }

    private void measure(BenchModel subject, BenchPlan benchPlan, List<Measurement> rows, List<String> wrong) {
        CorrectnessGate gate = CorrectnessGate.of(subject);
        gate.problems().forEach(problem -> wrong.add(subject.name() + ": " + problem));
        if (!gate.problems().isEmpty()) {
            return;
        }
        terminal.printMessage("%s, %s: greedy tokens %s"
                .formatted(
                        subject.name(),
                        subject.info().type(),
                        String.join(
                                " ", gate.tokens().stream().map(String::valueOf).toList())));
        for (Workload work : benchPlan.works) {
            rows.add(subject.measure(work, benchPlan.repeat, benchPlan.warmUp));
        }
    }
}
