package carve.app.cli;

import carve.api.json.Json;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.app.report.HumanReadable;
import carve.app.report.ProgressBar;
import carve.app.report.RecallReport;
import carve.app.report.Terminal;
import carve.app.wiring.AppConfig.RecallDefaults;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.eval.recall.Depth;
import carve.runtime.eval.recall.Haystack;
import carve.runtime.eval.recall.RecallEvaluation;
import carve.runtime.eval.recall.RecallGrid;
import carve.runtime.eval.recall.RecallScores;
import carve.runtime.eval.recall.RecallTask;
import carve.runtime.eval.recall.RecallTasks;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ParseResult;

/** {@code carve eval --task}. */
record RecallRunner(
        ParseResult arguments,
        Terminal terminal,
        ModelOpener modelOpener,
        OpenDevices openDevices,
        RecallDefaults defaults,
        int batchSize) {
    void run() throws IOException {
        List<RecallTask> tasks = tasks(arguments, "");
        RecallGrid grid = grid(arguments, defaults, batchSize);
        try (ModelFolder folder = modelOpener.open(CommandOptions.parameter(arguments, 0))) {
            TokenLengths.requirePositions("--lengths", folder, grid.lengths());
            show(run(folder, tasks, grid));
        }
    }

    private RecallScores run(ModelFolder folder, List<RecallTask> tasks, RecallGrid grid) {
        try (Processor processor = folder.processor();
                LoadedModel model = folder.load(openDevices.device(), WeightPrecision.AS_STORED);
                ProgressBar bar = new ProgressBar(terminal, "recall", "examples")) {
            return new RecallEvaluation(model, processor, grid).run(tasks, bar);
        }
    }

    /** Returns the tasks that are asked for, or others where none are. */
    static List<RecallTask> tasks(ParseResult arguments, String otherwise) {
        Haystack haystack = CommandOptions.<Path>find(arguments, "--haystack")
                .map(Haystack::read)
                .orElse(Haystack.NOISE);
        String names = CommandOptions.valueOr(arguments, "--task", otherwise);
        return RecallTasks.named(List.of(names.split("\\s*,\\s*")), haystack);
    }

    /** Returns the grid that is asked for. */
    static RecallGrid grid(ParseResult arguments, RecallDefaults defaults, int batchSize) {
        List<Integer> lengths =
                TokenLengths.parse("--lengths", CommandOptions.valueOr(arguments, "--lengths", defaults.lengths()));
        RecallGrid grid = new RecallGrid(
                lengths,
                List.of(Depth.RANDOM),
                CommandOptions.valueOr(arguments, "--samples", defaults.samples()),
                defaults.seed(),
                CommandOptions.valueOr(arguments, "--batch", batchSize),
                CommandOptions.hasFlag(arguments, "--apply-chat-template"));
        Optional<Integer> depths = CommandOptions.find(arguments, "--depths");
        return depths.map(grid::withDepths).orElse(grid);
    }

    private void show(RecallScores scores) throws IOException {
        RecallReport report = new RecallReport(scores);
        report.table().print(terminal);
        terminal.printMessage("%d examples in %s; mean %s"
                .formatted(
                        scores.answers().size(),
                        HumanReadable.time(scores.seconds()),
                        HumanReadable.percent(scores.accuracy())));
        Optional<Path> file = CommandOptions.find(arguments, "--report");
        if (file.isPresent()) {
            Files.writeString(file.get(), Json.print(scores.json()) + "\n");
        }
        Optional<Path> out = CommandOptions.find(arguments, "--out");
        out.ifPresent(report::write);
    }
}
