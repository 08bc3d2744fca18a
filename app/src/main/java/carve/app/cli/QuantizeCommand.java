package carve.app.cli;

import carve.api.config.NameSuggestions;
import carve.api.data.Sample;
import carve.api.model.LoadedModel;
import carve.api.param.Selector;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.api.text.Processor;
import carve.app.report.HumanReadable;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.wiring.AppConfig;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.eval.ComparisonSamples;
import carve.runtime.eval.ExactMatchEvaluation;
import carve.runtime.eval.LlavaQuestions;
import carve.runtime.eval.PredictionDivergence;
import carve.runtime.hub.HubCache;
import carve.runtime.model.GgufModels;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.QuantisationConfig;
import carve.runtime.model.QuantisationConfig.Table;
import carve.runtime.model.QuantisationMix;
import carve.runtime.model.WeightPrecision;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve quantize}. */
final class QuantizeCommand implements Command {
    private static final List<String> TYPES = QuantisationMix.keys().stream()
            .filter(key -> !key.equals(QuantisationMix.F32.key()))
            .toList();
    private static final List<String> TABLE_TYPES = Arrays.stream(DType.values())
            .filter(dtype -> dtype.isQuantised() || dtype.isHalf())
            .map(DType::key)
            .toList();
    private static final int QUESTIONS = 200;

    private final Terminal terminal;
    private final Provider<AppConfig> appConfig;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    QuantizeCommand(
            Terminal terminal, Provider<AppConfig> appConfig, ModelOpener modelOpener, OpenDevices openDevices) {
        this.terminal = terminal;
        this.appConfig = appConfig;
        this.modelOpener = modelOpener;
        this.openDevices = openDevices;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        QuantizeCommand.class,
                        "quantize",
                        "Quantise the matrices of a model, and compare its predictions with the original's.",
                        "The model is written tensor by tensor and need not fit into memory; the comparison loads both models.")
                .parameter(Path.class, "MODEL", "Folder of the model, or hf:ORG/NAME.")
                .parameter(Path.class, "OUT", "Folder to write.")
                .required("--type", String.class, "TYPE", "Type of matrices: " + String.join(", ", TYPES) + ".")
                .option(
                        "--embedding",
                        String.class,
                        "TYPE",
                        "Type of the token embedding; if not given, what llama.cpp stores, and q8_0 with --type q4_0.")
                .option(
                        "--output",
                        String.class,
                        "TYPE",
                        "Type of the output matrix; if not given, what llama.cpp stores, and q8_0 with --type q4_0.")
                .option(
                        "--wide",
                        String.class,
                        "GLOBS",
                        "Globs of parameters that are not quantised, separated by commas;",
                        String.join(",", QuantisationConfig.UNQUANTISED) + " if not given.")
                .option("--text", Path.class, "FILE", "Compare on a text.")
                .option(
                        "--data",
                        Path.class,
                        "FILE",
                        "Compare on the questions of a file as for carve eval, including correct answers.")
                .option(
                        "--limit",
                        Integer.class,
                        "N",
                        "Number of questions or pieces of text to compare on; 200 if not given.")
                .flag("--no-comparison", "Do not compare.")
                .example("carve quantize models/student models/student-q8 --type q8_0")
                .example("carve quantize models/student models/student-q4 --type q4_k_m")
                .example("carve quantize models/student models/student-q4 --type q4_0 --output bf16 --text wiki.txt")
                .example("carve quantize demo/teacher teacher-q8 --type q8_0 --data shapes/test.json")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        Path model = HubCache.resolve(CommandOptions.parameter(arguments, 0));
        Path out = CommandOptions.parameter(arguments, 1);
        QuantisationConfig quantisationConfig = recast(arguments);
        List<LlavaQuestions.Question> questions = questions(arguments);
        refuseSame(model, out);
        try (ModelFolder folder = modelOpener.open(model)) {
            folder.save(quantisationConfig, out);
            try (ModelFolder written = modelOpener.open(out)) {
                table(folder, written).print(terminal);
                if (!CommandOptions.hasFlag(arguments, "--no-comparison")) {
                    compare(arguments, folder, written, questions);
                }
            }
        }
        terminal.println("wrote " + out);
        return 0;
    }

    private static QuantisationConfig recast(ParseResult arguments) {
        QuantisationMix mix =
                QuantisationMix.of(known("--type", CommandOptions.valueOr(arguments, "--type", "q8_0"), TYPES));
        Map<Table, DType> exceptions = new EnumMap<>(Table.class);
        CommandOptions.<String>find(arguments, "--embedding")
                .ifPresent(word -> exceptions.put(Table.EMBEDDING, type("--embedding", word)));
        CommandOptions.<String>find(arguments, "--output")
                .ifPresent(word -> exceptions.put(Table.OUTPUT, type("--output", word)));
        String wide = CommandOptions.valueOr(arguments, "--wide", String.join(",", QuantisationConfig.UNQUANTISED));
        return new QuantisationConfig(mix, exceptions, Selector.of(globs(wide)));
    }

    // a comma inside of braces belongs to the glob
    private static List<String> globs(String list) {
        return Arrays.stream(list.split(",(?![^{]*})"))
                .map(String::strip)
                .filter(glob -> !glob.isEmpty())
                .toList();
    }

    private static DType type(String option, String word) {
        return DType.valueOf(known(option, word, TABLE_TYPES).toUpperCase(Locale.ROOT));
    }

    private static String known(String option, String word, List<String> words) {
        if (!words.contains(word)) {
            throw new IllegalArgumentException(option + ": " + NameSuggestions.unknown("storage type", word, words));
        }
        return word;
    }

    private static List<LlavaQuestions.Question> questions(ParseResult arguments) {
        return CommandOptions.<Path>find(arguments, "--data")
                .map(LlavaQuestions::read)
                .map(all -> all.subList(0, Math.min(all.size(), limit(arguments))))
                .orElse(List.of());
    }

    private static int limit(ParseResult arguments) {
        int limit = CommandOptions.valueOr(arguments, "--limit", QUESTIONS);
        if (limit < 1) {
            throw new IllegalArgumentException("--limit: found %d; at least 1 expected".formatted(limit));
        }
        return limit;
    }

    private static void refuseSame(Path model, Path out) throws IOException {
        if (GgufModels.isGgufFile(model)) {
            throw new IllegalArgumentException(
                    model + ": cannot requantise a GGUF file; use carve export on the original model");
        }
        if (Files.exists(out) && Files.exists(model) && Files.isSameFile(model, out)) {
            throw new IllegalArgumentException(out + ": the original would be lost; write into another folder");
        }
    }

    private static TextTable table(ModelFolder before, ModelFolder after) {
        Map<String, long[]> kinds = new TreeMap<>();
        long[] all = new long[3];
        for (String name : before.checkpoint().names()) {
            TensorType old = before.checkpoint().type(name);
            TensorType now = after.checkpoint().type(name);
            String kind = old.dtype() == now.dtype()
                    ? "%s as before".formatted(old.dtype())
                    : "%s to %s".formatted(old.dtype(), now.dtype());
            for (long[] sums : List.of(kinds.computeIfAbsent(kind, _ -> new long[3]), all)) {
                sums[0]++;
                sums[1] += old.bytes();
                sums[2] += now.bytes();
            }
        }
        TextTable textTable = new TextTable("STORED", "TENSORS", "BEFORE", "AFTER", "SHARE");
        kinds.forEach((kind, sums) -> row(textTable, kind, sums));
        row(textTable, "all", all);
        return textTable;
    }

    private static void row(TextTable textTable, String kind, long[] sums) {
        textTable.row(
                kind,
                HumanReadable.count(sums[0]),
                HumanReadable.bytes(sums[1]),
                HumanReadable.bytes(sums[2]),
                HumanReadable.percent((double) sums[2] / Math.max(1, sums[1])));
    }

    private void compare(
            ParseResult arguments, ModelFolder before, ModelFolder after, List<LlavaQuestions.Question> questions)
            throws IOException {
        try (Processor processor = before.processor();
                LoadedModel original = before.load(openDevices.device(), WeightPrecision.AS_STORED);
                LoadedModel quantised = after.load(openDevices.device(), WeightPrecision.AS_STORED)) {
            List<Sample> samples = samples(arguments, processor, questions);
            PredictionDivergence predictionDivergence;
            try (ProgressBar bar = new ProgressBar(terminal, "comparing", "samples")) {
                predictionDivergence = PredictionDivergence.between(original, quantised, samples, bar);
            }
            terminal.println("%s (%s tokens of %s)"
                    .formatted(
                            predictionDivergence,
                            HumanReadable.count(predictionDivergence.tokens()),
                            source(arguments)));
            if (!questions.isEmpty()) {
                accuracy(
                        answers(processor, original, questions, "asking the original"),
                        answers(processor, quantised, questions, "asking the quantised"));
            }
        }
    }

    private static String source(ParseResult arguments) {
        return CommandOptions.<Path>find(arguments, "--data")
                .or(() -> CommandOptions.find(arguments, "--text"))
                .map(Path::toString)
                .orElse("questions that come with the program");
    }

    private static List<Sample> samples(
            ParseResult arguments, Processor processor, List<LlavaQuestions.Question> questions) throws IOException {
        if (!questions.isEmpty()) {
            return ComparisonSamples.fromQuestions(processor, questions);
        }
        var text = CommandOptions.<Path>find(arguments, "--text");
        return text.isPresent()
                ? ComparisonSamples.fromTextFile(processor, text.get(), limit(arguments))
                : ComparisonSamples.builtIn(processor);
    }

    private ExactMatchEvaluation.Result answers(
            Processor processor, LoadedModel model, List<LlavaQuestions.Question> questions, String title)
            throws IOException {
        try (ProgressBar bar = new ProgressBar(terminal, title, "questions")) {
            return new ExactMatchEvaluation(model, processor, appConfig.get().evaluation()).run(questions, bar);
        }
    }

    private void accuracy(ExactMatchEvaluation.Result before, ExactMatchEvaluation.Result after) {
        TextTable textTable = new TextTable("KIND", "OF", "CORRECT BEFORE", "CORRECT AFTER");
        for (String kind : new TreeSet<>(before.byCategory().keySet())) {
            row(
                    textTable,
                    kind,
                    before.byCategory().get(kind),
                    after.byCategory().get(kind));
        }
        row(textTable, "all", before.overall(), after.overall());
        textTable.print(terminal);
    }

    private static void row(
            TextTable textTable, String kind, ExactMatchEvaluation.Score before, ExactMatchEvaluation.Score after) {
        textTable.row(
                kind,
                before.total(),
                HumanReadable.percent(before.accuracy()),
                HumanReadable.percent(after.accuracy()));
    }
}
