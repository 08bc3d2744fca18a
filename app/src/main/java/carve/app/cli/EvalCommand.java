package carve.app.cli;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.app.report.HumanReadable;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.report.TextTable;
import carve.app.wiring.AppConfig;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.eval.EvaluationConfig;
import carve.runtime.eval.ExactMatchEvaluation;
import carve.runtime.eval.LlavaQuestions;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import jakarta.inject.Inject;
import jakarta.inject.Provider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParseResult;

/** {@code carve eval}. */
final class EvalCommand implements Command {
    private final Terminal terminal;
    private final Provider<AppConfig> appConfig;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    EvalCommand(Terminal terminal, Provider<AppConfig> appConfig, ModelOpener modelOpener, OpenDevices openDevices) {
        this.terminal = terminal;
        this.appConfig = appConfig;
        this.modelOpener = modelOpener;
        this.openDevices = openDevices;
    }

    /** Returns the options and examples of the command. */
    static CommandSpec commandSpec() {
        return CommandOptions.of(
                        EvalCommand.class,
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
                .option("--suite", String.class, "NAME", EvalSuiteRunner.suites())
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
    public int run(ParseResult arguments) throws IOException {
        if (EvalSuiteRunner.requested(arguments)) {
            new EvalSuiteRunner(arguments, terminal, modelOpener, openDevices).run();
            return 0;
        }
        List<LlavaQuestions.Question> questions =
                read(CommandOptions.valueOr(arguments, "--data", Path.of("data.json")));
        int limit = CommandOptions.valueOr(arguments, "--limit", questions.size());
        EvaluationConfig defaults = appConfig.get().evaluation();
        EvaluationConfig config = new EvaluationConfig(
                CommandOptions.valueOr(arguments, "--batch", defaults.batchSize()),
                CommandOptions.valueOr(arguments, "--max-tokens", defaults.maxTokens()));
        try (ModelFolder folder = modelOpener.open(CommandOptions.parameter(arguments, 0));
                Processor processor = folder.processor();
                LoadedModel model = folder.load(openDevices.device(), WeightPrecision.AS_STORED);
                ProgressBar bar = new ProgressBar(terminal, "asking", "questions")) {
            ExactMatchEvaluation.Result result = new ExactMatchEvaluation(model, processor, config)
                    .run(questions.subList(0, Math.min(limit, questions.size())), bar);
            Optional<Path> report = CommandOptions.find(arguments, "--report");
            if (report.isPresent()) {
                Files.writeString(report.get(), Json.print(result.json()) + "\n");
            }
            show(terminal, result);
        }
        return 0;
    }

    private static List<LlavaQuestions.Question> read(Path data) {
        try {
            return LlavaQuestions.read(data);
        } catch (JsonException e) {
            boolean other = Files.exists(data) && e.getMessage().lines().count() == 1;
            throw other ? new JsonException(e.getMessage() + "; files of public suites go with --suite", e) : e;
        }
    }

    private static void show(Terminal terminal, ExactMatchEvaluation.Result result) {
        TextTable textTable = new TextTable("KIND", "CORRECT", "OF", "ACCURACY");
        result.byCategory()
                .forEach((kind, score) ->
                        textTable.row(kind, score.correct(), score.total(), HumanReadable.percent(score.accuracy())));
        ExactMatchEvaluation.Score all = result.overall();
        textTable.row("all", all.correct(), all.total(), HumanReadable.percent(all.accuracy()));
        textTable.print(terminal);
        terminal.printMessage("%d questions in %s".formatted(all.total(), HumanReadable.time(result.seconds())));
    }
}
