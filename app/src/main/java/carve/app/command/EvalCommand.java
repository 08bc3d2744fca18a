package carve.app.command;

import carve.api.config.Json;
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
                        "The file is LLaVA-style JSON; scores are shown for each \"kind\" that it names.")
                .parameter(Path.class, "MODEL", "Folder of the model.")
                .required("--data", Path.class, "FILE", "JSON with conversations; pictures are relative to its folder.")
                .option("--report", Path.class, "FILE", "JSON to write, with every answer.")
                .option("--limit", Integer.class, "N", "Ask the first N questions only.")
                .option("--batch", Integer.class, "N", "Answer so many prompts of one length side by side.")
                .option("--max-tokens", Integer.class, "N", "The longest answer.")
                .example("carve eval MODEL --data shapes/test.json")
                .example("carve eval MODEL --data shapes/test.json --report report.json --limit 500")
                .build();
    }

    @Override
    public int run(ParseResult arguments, Workshop workshop) throws IOException {
        Terminal terminal = workshop.terminal();
        List<Conversations.Question> questions =
                Conversations.read(Arguments.get(arguments, "--data", Path.of("data.json")));
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
