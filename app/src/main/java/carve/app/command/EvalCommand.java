package carve.app.command;

import carve.api.config.Json;
import carve.api.config.JsonException;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.Processor;
import carve.api.model.Storage;
import carve.app.terminal.Amounts;
import carve.app.terminal.ProgressBar;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import carve.app.work.AppConfig.Evaluating;
import carve.app.work.Conversations;
import carve.app.work.Evaluation;
import carve.app.work.Workshop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve eval}. */
final class EvalCommand implements Command {
    @Override
    public CommandSpec specification() {
        return Arguments.of(
                        this,
                        "eval",
                        "Ask a model the questions of a file and compare its answers with those of the file, exactly.",
                        "The file is LLaVA-style JSON; scores are shown for each \"kind\" that it names.",
                        "With --suite the files are those of a public suite, and so are the prompts and the scoring.")
                .parameter(Path.class, "MODEL", "Folder of the model.")
                .required(
                        "--data",
                        Path.class,
                        "FILE",
                        "JSON with conversations, pictures relative to its folder; with --suite the suite's file or folder.")
                .option("--report", Path.class, "FILE", "JSON to write: scores, and without --suite every answer.")
                .option("--limit", Integer.class, "N", "Ask the first N questions only.")
                .option("--batch", Integer.class, "N", "Answer so many prompts of one length side by side.")
                .option("--max-tokens", Integer.class, "N", "The longest answer.")
                .option("--suite", String.class, "NAME", SuiteEvaluation.suites())
                .option(
                        "--images",
                        Path.class,
                        "DIR",
                        "Folder of the suite's pictures, where it is not beside the data.")
                .option("--split", String.class, "NAME", "Part of the suite.")
                .option(
                        "--prompts",
                        String.class,
                        "STYLE",
                        "Prompts of llava or internvl, or a file; else the model's own.")
                .option(
                        "--out",
                        Path.class,
                        "FILE",
                        "JSON lines of the suite's answers; a killed run goes on from there.")
                .option("--official", Path.class, "DIR", "Write answers in the form of the suite's own programs, too.")
                .option("--grades", Path.class, "FILE", "MM-Vet: what its authors' evaluator made of the answers.")
                .example("carve eval MODEL --data shapes/test.json")
                .example("carve eval MODEL --data shapes/test.json --report report.json --limit 500")
                .example("carve eval MODEL --suite pope --data pope/coco --images val2014 --out pope.jsonl")
                .example(
                        "carve eval MODEL --suite mmbench --data MMBench_DEV_EN.tsv --out mmbench.jsonl --report mmbench.json")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) throws IOException {
        if (SuiteEvaluation.asked(arguments)) {
            new SuiteEvaluation(arguments, workshop).run();
            return 0;
        }
        Terminal terminal = workshop.terminal();
        List<Conversations.Question> questions = read(Arguments.get(arguments, "--data", Path.of("data.json")));
        int limit = Arguments.get(arguments, "--limit", questions.size());
        Evaluating defaults = workshop.config().evaluation();
        Evaluating config = new Evaluating(
                Arguments.get(arguments, "--batch", defaults.batch()),
                Arguments.get(arguments, "--max-tokens", defaults.maxTokens()));
        try (ModelFolder folder = workshop.open(Arguments.parameter(arguments, 0));
                Processor processor = folder.processor();
                LoadedModel model = folder.load(workshop.device(), Storage.KEEP);
                ProgressBar bar = new ProgressBar(terminal, "asking", "questions")) {
            Evaluation.Result result = new Evaluation(model, processor, config)
                    .run(questions.subList(0, Math.min(limit, questions.size())), bar);
            Optional<Path> report = Arguments.find(arguments, "--report");
            if (report.isPresent()) {
                Files.writeString(report.get(), Json.print(result.json()) + "\n");
            }
            show(terminal, result);
        }
        return 0;
    }

    private static List<Conversations.Question> read(Path data) {
        try {
            return Conversations.read(data);
        } catch (JsonException e) {
            boolean other = Files.exists(data) && e.getMessage().lines().count() == 1;
            throw other ? new JsonException(e.getMessage() + "; files of public suites go with --suite", e) : e;
        }
    }

    private static void show(Terminal terminal, Evaluation.Result result) {
        Table table = new Table("KIND", "CORRECT", "OF", "ACCURACY");
        result.kinds()
                .forEach((kind, score) ->
                        table.row(kind, score.correct(), score.total(), Amounts.percent(score.accuracy())));
        Evaluation.Score all = result.all();
        table.row("all", all.correct(), all.total(), Amounts.percent(all.accuracy()));
        table.print(terminal);
        terminal.remark("%d questions in %s".formatted(all.total(), Amounts.time(result.seconds())));
    }
}
