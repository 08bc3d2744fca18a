package carve.app.cli;

import carve.api.json.Json;
import carve.api.json.JsonArray;
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
                        "Ask a model the questions of a file and score its answers by exact match.",
                        "The file is LLaVA-style JSON; scores are shown for each \"kind\" of question.",
                        "With --suite, files, prompts and scoring are those of a public evaluation suite.")
                .parameter(Path.class, "MODEL", "Folder of the model, a GGUF file, or hf:ORG/NAME.")
                .required(
                        "--data",
                        Path.class,
                        "FILE",
                        "JSON with conversations, images relative to its folder; with --suite, the suite's file or folder.")
                .option("--report", Path.class, "FILE", "Write scores as JSON; without --suite, also every answer.")
                .option("--limit", Integer.class, "N", "Only ask the first N questions.")
                .option(
                        "--batch",
                        Integer.class,
                        "N",
                        "Batch size: prompts of equal length that are answered together.")
                .option("--max-tokens", Integer.class, "N", "Maximum number of tokens of an answer.")
                .option("--suite", String.class, "NAME", EvalSuiteRunner.suites())
                .option("--images", Path.class, "DIR", "Folder of the suite's images, if it is not beside the data.")
                .option("--split", String.class, "NAME", "Split of the suite.")
                .option(
                        "--prompts",
                        String.class,
                        "STYLE",
                        "Prompts: llava, internvl, or a file; the model's own if not given.")
                .option(
                        "--out",
                        Path.class,
                        "FILE",
                        "Write the suite's answers as JSON lines; an interrupted run continues from there.")
                .option(
                        "--official",
                        Path.class,
                        "DIR",
                        "Also write answers in the format of the suite's own programs.")
                .option("--grades", Path.class, "FILE", "MM-Vet: the result file of its authors' evaluator.")
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
        return LlavaQuestions.of(array(data), data);
    }

    private static JsonArray array(Path data) {
        try {
            return LlavaQuestions.array(data);
        } catch (JsonException e) {
            throw Files.exists(data)
                    ? new JsonException(e.getMessage() + "; files of public suites go with --suite", e)
                    : e;
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
