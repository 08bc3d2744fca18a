package carve.app.command;

import carve.api.config.Names;
import carve.api.model.GgufModels;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.Processor;
import carve.api.model.Recast;
import carve.api.model.Sample;
import carve.api.model.Storage;
import carve.api.param.Selector;
import carve.api.tensor.DType;
import carve.api.tensor.TensorType;
import carve.app.terminal.Amounts;
import carve.app.terminal.ProgressBar;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import carve.app.work.Conversations;
import carve.app.work.Divergence;
import carve.app.work.Evaluation;
import carve.app.work.QuantizeText;
import carve.app.work.Workshop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve quantize}. */
final class QuantizeCommand implements Command {
    private static final List<String> TYPES = List.of("q8_0", "q4_0", "f16", "bf16");
    private static final int QUESTIONS = 200;

    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "quantize",
                        "Write a model with its matrices in fewer bits, and say what that does to its predictions.",
                        "Tensor by tensor, so the model need not fit into memory to be written; the comparison loads both.")
                .parameter(Path.class, "MODEL", "Folder of the model.")
                .parameter(Path.class, "OUT", "Folder to write.")
                .required("--type", String.class, "TYPE", "Storage of matrices: " + String.join(", ", TYPES) + ".")
                .option(
                        "--embedding",
                        String.class,
                        "TYPE",
                        "Storage of the table of tokens; q8_0 with q4_0, else that of matrices.")
                .option(
                        "--output",
                        String.class,
                        "TYPE",
                        "Storage of the matrix that makes logits; q8_0 with q4_0, else that of matrices.")
                .option(
                        "--wide",
                        String.class,
                        "GLOBS",
                        "Parameters that stay as they are, separated by commas;",
                        String.join(",", Recast.WIDE) + " if not given.")
                .option("--text", Path.class, "FILE", "Text on which the models are compared.")
                .option(
                        "--data",
                        Path.class,
                        "FILE",
                        "Questions, as of carve eval, on which they are; answers are counted.")
                .option(
                        "--limit",
                        Integer.class,
                        "N",
                        "Compare on so many questions or pieces of text; 200 if not given.")
                .flag("--no-comparison", "Write only.")
                .example("carve quantize models/student models/student-q8 --type q8_0")
                .example("carve quantize models/student models/student-q4 --type q4_0 --output bf16 --text wiki.txt")
                .example("carve quantize demo/teacher teacher-q8 --type q8_0 --data shapes/test.json")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) throws IOException {
        Path model = Arguments.parameter(arguments, 0);
        Path out = Arguments.parameter(arguments, 1);
        Recast recast = recast(arguments);
        List<Conversations.Question> questions = questions(arguments);
        refuseSame(model, out);
        try (ModelFolder folder = workshop.open(model)) {
            folder.save(recast, out);
            try (ModelFolder written = workshop.open(out)) {
                table(folder, written).print(workshop.terminal());
                if (!Arguments.flagged(arguments, "--no-comparison")) {
                    compare(arguments, workshop, folder, written, questions);
                }
            }
        }
        workshop.terminal().println("wrote " + out);
        return 0;
    }

    private static Recast recast(ParseResult arguments) {
        DType matrices = type("--type", Arguments.get(arguments, "--type", "q8_0"));
        String usual = (matrices == DType.Q4_0 ? DType.Q8_0 : matrices).key();
        String wide = Arguments.get(arguments, "--wide", String.join(",", Recast.WIDE));
        return new Recast(
                matrices,
                type("--embedding", Arguments.get(arguments, "--embedding", usual)),
                type("--output", Arguments.get(arguments, "--output", usual)),
                Selector.of(globs(wide)));
    }

    // a comma inside of braces belongs to the glob
    private static List<String> globs(String list) {
        return Arrays.stream(list.split(",(?![^{]*})"))
                .map(String::strip)
                .filter(glob -> !glob.isEmpty())
                .toList();
    }

    private static DType type(String option, String word) {
        if (!TYPES.contains(word)) {
            throw new IllegalArgumentException(option + ": " + Names.unknown("storage type", word, TYPES));
        }
        return DType.valueOf(word.toUpperCase(Locale.ROOT));
    }

    private static List<Conversations.Question> questions(ParseResult arguments) {
        return Arguments.<Path>find(arguments, "--data")
                .map(Conversations::read)
                .map(all -> all.subList(0, Math.min(all.size(), limit(arguments))))
                .orElse(List.of());
    }

    private static int limit(ParseResult arguments) {
        int limit = Arguments.get(arguments, "--limit", QUESTIONS);
        if (limit < 1) {
            throw new IllegalArgumentException("--limit: found %d; at least 1 expected".formatted(limit));
        }
        return limit;
    }

    private static void refuseSame(Path model, Path out) throws IOException {
        if (GgufModels.isFile(model)) {
            throw new IllegalArgumentException(
                    model + ": a GGUF file is not quantised again; carve export writes those from the original model");
        }
        if (Files.exists(out) && Files.exists(model) && Files.isSameFile(model, out)) {
            throw new IllegalArgumentException(out + ": the original would be lost; write into another folder");
        }
    }

    private static Table table(ModelFolder before, ModelFolder after) {
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
        Table table = new Table("STORED", "TENSORS", "BEFORE", "AFTER", "SHARE");
        kinds.forEach((kind, sums) -> row(table, kind, sums));
        row(table, "all", all);
        return table;
    }

    private static void row(Table table, String kind, long[] sums) {
        table.row(
                kind,
                Amounts.count(sums[0]),
                Amounts.bytes(sums[1]),
                Amounts.bytes(sums[2]),
                Amounts.percent((double) sums[2] / Math.max(1, sums[1])));
    }

    private static void compare(
            ParseResult arguments,
            Workshop workshop,
            ModelFolder before,
            ModelFolder after,
            List<Conversations.Question> questions)
            throws IOException {
        Terminal terminal = workshop.terminal();
        try (Processor processor = before.processor();
                LoadedModel original = before.load(workshop.device(), Storage.KEEP);
                LoadedModel quantised = after.load(workshop.device(), Storage.KEEP)) {
            List<Sample> samples = samples(arguments, processor, questions);
            Divergence divergence;
            try (ProgressBar bar = new ProgressBar(terminal, "comparing", "samples")) {
                divergence = Divergence.between(original, quantised, samples, bar);
            }
            terminal.println("%s (%s tokens of %s)"
                    .formatted(divergence, Amounts.count(divergence.tokens()), source(arguments)));
            if (!questions.isEmpty()) {
                accuracy(
                        terminal,
                        answers(workshop, processor, original, questions, "asking the original"),
                        answers(workshop, processor, quantised, questions, "asking the quantised"));
            }
        }
    }

    private static String source(ParseResult arguments) {
        return Arguments.<Path>find(arguments, "--data")
                .or(() -> Arguments.find(arguments, "--text"))
                .map(Path::toString)
                .orElse("questions that come with the program");
    }

    private static List<Sample> samples(
            ParseResult arguments, Processor processor, List<Conversations.Question> questions) throws IOException {
        if (!questions.isEmpty()) {
            return QuantizeText.questions(processor, questions);
        }
        var text = Arguments.<Path>find(arguments, "--text");
        return text.isPresent()
                ? QuantizeText.file(processor, text.get(), limit(arguments))
                : QuantizeText.builtIn(processor);
    }

    private static Evaluation.Result answers(
            Workshop workshop,
            Processor processor,
            LoadedModel model,
            List<Conversations.Question> questions,
            String title)
            throws IOException {
        try (ProgressBar bar = new ProgressBar(workshop.terminal(), title, "questions")) {
            return new Evaluation(model, processor, workshop.config().evaluation()).run(questions, bar);
        }
    }

    private static void accuracy(Terminal terminal, Evaluation.Result before, Evaluation.Result after) {
        Table table = new Table("KIND", "OF", "CORRECT BEFORE", "CORRECT AFTER");
        for (String kind : new TreeSet<>(before.kinds().keySet())) {
            row(table, kind, before.kinds().get(kind), after.kinds().get(kind));
        }
        row(table, "all", before.all(), after.all());
        table.print(terminal);
    }

    private static void row(Table table, String kind, Evaluation.Score before, Evaluation.Score after) {
        table.row(kind, before.total(), Amounts.percent(before.accuracy()), Amounts.percent(after.accuracy()));
    }
}
