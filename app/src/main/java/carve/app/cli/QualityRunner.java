package carve.app.cli;

import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.wiring.AppConfig.RecallDefaults;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.catalog.Catalogs;
import carve.runtime.eval.quality.ModelFacts;
import carve.runtime.eval.quality.QualityEvaluation;
import carve.runtime.eval.quality.QualityReport;
import carve.runtime.eval.recall.RecallGrid;
import carve.runtime.eval.recall.RecallTask;
import carve.runtime.io.FileDigests;
import carve.runtime.io.FileStamp;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.ParseResult;

/** {@code carve eval --against}. */
record QualityRunner(
        ParseResult arguments,
        Terminal terminal,
        ModelOpener modelOpener,
        OpenDevices openDevices,
        Catalogs catalogs,
        RecallDefaults defaults,
        int batchSize) {
    private static final String DEFAULT_TASKS = "niah-single-1,niah-multikey-1,key-value";
    private static final int ROWS = 16;
    private static final int NEW_TOKENS = 32;

    void run() throws IOException {
        List<RecallTask> tasks = RecallRunner.tasks(arguments, DEFAULT_TASKS);
        RecallGrid grid = RecallRunner.grid(arguments, defaults, batchSize);
        try (ModelFolder student = modelOpener.open(CommandOptions.parameter(arguments, 0));
                ModelFolder teacher =
                        modelOpener.open(CommandOptions.valueOr(arguments, "--against", Path.of("teacher")))) {
            TokenLengths.requirePositions("--lengths", student, grid.lengths());
            TokenLengths.requirePositions("--lengths", teacher, grid.lengths());
            show(measured(student, teacher, tasks, grid));
        }
    }

    private static Map<String, String> origin(List<Path> files, RecallGrid grid) throws IOException {
        Map<String, String> origin = new LinkedHashMap<>();
        FileDigests digests = new FileDigests(List.of());
        for (Path file : files) {
            origin.put("Text " + file.getFileName(), "SHA-256 " + digests.sha256(FileStamp.of(file), _ -> {}));
        }
        origin.put(
                "Recall",
                "%d examples of each task at %s tokens, seed %d"
                        .formatted(
                                grid.samples(),
                                grid.lengths().stream().map(String::valueOf).collect(Collectors.joining(", ")),
                                grid.seed()));
        return origin;
    }

    private QualityReport measured(ModelFolder student, ModelFolder teacher, List<RecallTask> tasks, RecallGrid grid)
            throws IOException {
        int longest = grid.lengths().stream().mapToInt(Integer::intValue).max().orElseThrow();
        try (Processor processor = student.processor();
                Processor teachers = teacher.processor();
                LoadedModel ours = student.load(openDevices.device(), WeightPrecision.AS_STORED);
                LoadedModel theirs = teacher.load(openDevices.device(), WeightPrecision.AS_STORED)) {
            TextRows texts = TextRows.read(
                    CommandOptions.valueOr(arguments, "--data", Path.of("data")),
                    longest,
                    CommandOptions.valueOr(arguments, "--limit", ROWS),
                    processor,
                    catalogs,
                    (title, unit) -> new ProgressBar(terminal, title, unit));
            List<int[]> rows = texts.rows();
            requireSameTokens(processor, teachers, rows);
            QualityEvaluation evaluation = new QualityEvaluation(ours, theirs, processor);
            try (ProgressBar bar = new ProgressBar(terminal, "texts", "rows");
                    ProgressBar recall = new ProgressBar(terminal, "recall", "examples")) {
                return QualityReport.of(ModelFacts.of(student), ModelFacts.of(teacher), origin(texts.files(), grid))
                        .withText(evaluation.text(
                                rows, CommandOptions.valueOr(arguments, "--max-tokens", NEW_TOKENS), bar))
                        .withRecall(evaluation.recall(tasks, grid, recall))
                        .withSpeeds(evaluation.speeds(grid.lengths(), joined(rows)));
            }
        }
    }

    private void requireSameTokens(Processor processor, Processor teachers, List<int[]> rows) {
        for (int[] row : rows) {
            String text = processor.decode(row);
            if (!Arrays.equals(processor.encode(text), teachers.encode(text))) {
                throw new SettingsException(
                        "--against %s: its tokenizer makes other tokens of the texts than the student's; only models with the same vocabulary can be compared"
                                .formatted(CommandOptions.<Path>find(arguments, "--against")
                                        .orElseThrow()));
            }
        }
    }

    private static int[] joined(List<int[]> rows) {
        return rows.stream().flatMapToInt(Arrays::stream).toArray();
    }

    private void show(QualityReport report) throws IOException {
        terminal.print(report.markdown());
        Optional<Path> file = CommandOptions.find(arguments, "--report");
        if (file.isPresent()) {
            Files.writeString(file.get(), Json.print(report.json()) + "\n");
        }
        Optional<Path> out = CommandOptions.find(arguments, "--out");
        out.ifPresent(report::write);
        if (CommandOptions.hasFlag(arguments, "--card")) {
            Path student = CommandOptions.parameter(arguments, 0);
            report.writeCard(student);
            terminal.printMessage("wrote " + student.resolve(QualityReport.CARD));
        }
    }
}
