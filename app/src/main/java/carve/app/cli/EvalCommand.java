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
import carve.runtime.catalog.Catalogs;
import carve.runtime.eval.EvaluationConfig;
import carve.runtime.eval.ExactMatchEvaluation;
import carve.runtime.eval.LlavaQuestions;
import carve.runtime.eval.recall.RecallTasks;
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
    private final Provider<Catalogs> catalogs;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    @Inject
    EvalCommand(
            Terminal terminal,
            Provider<AppConfig> appConfig,
            Provider<Catalogs> catalogs,
            ModelOpener modelOpener,
            OpenDevices openDevices) {
        this.terminal = terminal;
        this.appConfig = appConfig;
        this.catalogs = catalogs;
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
                        "With --task, texts of any length are made in which something must be found again.",
                        "With --against, a student is measured beside its teacher: predictions, recall, speed, memory.",
                        "With --suite, files, prompts and scoring are those of a public evaluation suite.")
                .parameter(Path.class, "MODEL", "Folder of the model, a GGUF file, or hf:ORG/NAME.")
                .option(
                        "--data",
                        Path.class,
                        "FILE",
                        "JSON with conversations, images relative to its folder; with --suite, the suite's file or folder; with"
                                + " --against, texts: plain files, JSON lines or Parquet; a file, a folder or a glob.")
                .option("--report", Path.class, "FILE", "Write scores as JSON; without --suite, also every answer.")
                .option("--limit", Integer.class, "N", "Only ask the first N questions.")
                .option(
                        "--batch",
                        Integer.class,
                        "N",
                        "Batch size: prompts of equal length that are answered together.")
                .option("--max-tokens", Integer.class, "N", "Maximum number of tokens of an answer.")
                .option(
                        "--task",
                        String.class,
                        "NAMES",
                        "Recall tasks: " + String.join(", ", RecallTasks.names()) + ".")
                .option(
                        "--lengths",
                        String.class,
                        "LENGTHS",
                        "Lengths in tokens of prompts with answers, as in 512,4k.")
                .option(
                        "--depths",
                        Integer.class,
                        "N",
                        "Places of answers, from beginning to end; random ones if not given.")
                .option("--samples", Integer.class, "N", "Examples at each length and depth.")
                .option(
                        "--haystack",
                        Path.class,
                        "FILE",
                        "Text that the needle forms with an essay use; repeated noise if not given.")
                .flag("--apply-chat-template", "Ask in a conversation; otherwise the model continues texts.")
                .option("--against", Path.class, "TEACHER", "Folder of the teacher, a GGUF file, or hf:ORG/NAME.")
                .flag("--card", "With --against: also write the model card, README.md, into the student's folder.")
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
                        "PATH",
                        "With --suite, write answers as JSON lines, from which an interrupted run continues; with --task or"
                                + " --against, a folder for pictures and pages.")
                .option(
                        "--official",
                        Path.class,
                        "DIR",
                        "Also write answers in the format of the suite's own programs.")
                .option("--grades", Path.class, "FILE", "MM-Vet: the result file of its authors' evaluator.")
                .example("carve eval MODEL --data shapes/test.json")
                .example("carve eval MODEL --data shapes/test.json --report report.json --limit 500")
                .example(
                        "carve eval MODEL --task niah-multikey,variable-tracking --lengths 1k,4k --depths 5 --out recall")
                .example("carve eval STUDENT --against TEACHER --data 'texts/*.txt' --lengths 512,4k --out quality")
                .example("carve eval MODEL --suite pope --data pope/coco --images val2014 --out pope.jsonl")
                .example(
                        "carve eval MODEL --suite mmbench --data MMBench_DEV_EN.tsv --out mmbench.jsonl --report mmbench.json")
                .build();
    }

    @Override
    public int run(ParseResult arguments) throws IOException {
        EvalMode mode = EvalMode.of(arguments);
        if (mode == EvalMode.RECALL) {
            new RecallRunner(
                            arguments,
                            terminal,
                            modelOpener,
                            openDevices,
                            appConfig.get().recall(),
                            batch())
                    .run();
            return 0;
        }
        if (mode == EvalMode.AGAINST) {
            new QualityRunner(
                            arguments,
                            terminal,
                            modelOpener,
                            openDevices,
                            catalogs.get(),
                            appConfig.get().recall(),
                            batch())
                    .run();
            return 0;
        }
        if (mode == EvalMode.SUITE) {
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

    private int batch() {
        return appConfig.get().evaluation().batchSize();
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
