package carve.app.cli;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.model.LoadedModel;
import carve.api.text.Processor;
import carve.app.eval.SuiteScoresTable;
import carve.app.report.HumanReadable;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.wiring.ModelOpener;
import carve.app.wiring.OpenDevices;
import carve.runtime.eval.suite.ExternalGrading;
import carve.runtime.eval.suite.ModelAnswerGenerator;
import carve.runtime.eval.suite.Prediction;
import carve.runtime.eval.suite.PredictionStore;
import carve.runtime.eval.suite.PromptTemplate;
import carve.runtime.eval.suite.Question;
import carve.runtime.eval.suite.Suite;
import carve.runtime.eval.suite.SuiteData;
import carve.runtime.eval.suite.SuiteException;
import carve.runtime.eval.suite.SuiteRunner;
import carve.runtime.eval.suite.SuiteScores;
import carve.runtime.eval.suite.Suites;
import carve.runtime.model.ModelFolder;
import carve.runtime.model.WeightPrecision;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.ParseResult;

/** {@code carve eval --suite}. */
final class EvalSuiteRunner {
    private static final int ROUNDS = 8;

    private final ParseResult arguments;
    private final Terminal terminal;
    private final ModelOpener modelOpener;
    private final OpenDevices openDevices;

    EvalSuiteRunner(ParseResult arguments, Terminal terminal, ModelOpener modelOpener, OpenDevices openDevices) {
        this.arguments = arguments;
        this.terminal = terminal;
        this.modelOpener = modelOpener;
        this.openDevices = openDevices;
    }

    /** Returns the description of the option. */
    static String[] suites() {
        List<String> lines = new ArrayList<>(List.of("A public suite, from its authors' files or VLMEvalKit's table:"));
        Suites.all().forEach(suite -> lines.add("%s: %s".formatted(suite.name(), suite.acceptedFiles())));
        return lines.toArray(String[]::new);
    }

    void run() throws IOException {
        Suite suite = Suites.of(CommandOptions.valueOr(arguments, "--suite", ""));
        Path data = CommandOptions.valueOr(arguments, "--data", Path.of("data"));
        String split = CommandOptions.valueOr(arguments, "--split", "");
        List<Question> all = suite.read(new SuiteData(data, CommandOptions.find(arguments, "--images"), split));
        List<Question> items = SuiteRunner.subset(suite, all, CommandOptions.valueOr(arguments, "--limit", all.size()));
        if (items.isEmpty()) {
            throw new SuiteException("%s: there are no questions to ask%s; %s: %s"
                    .formatted(
                            data,
                            split.isEmpty() ? "" : " of split '%s'".formatted(split),
                            suite.name(),
                            suite.acceptedFiles()));
        }
        Optional<Path> grades = CommandOptions.find(arguments, "--grades");
        if (grades.isPresent()) {
            show(suite, new ExternalGrading(suite).score(items, grades.get()), items.size());
            return;
        }
        List<Prediction> answers = ask(suite, items, data);
        Optional<Path> official = CommandOptions.find(arguments, "--official");
        if (official.isPresent()) {
            write(official.get(), suite.submissionFiles(answers));
        }
        if (answers.stream()
                .anyMatch(prediction -> prediction.question().answers().isEmpty())) {
            terminal.printMessage("%s has no reference answers; submit the files of --official to the suite's server"
                    .formatted(data));
            return;
        }
        show(suite, suite.score(answers), items.size());
    }

    private List<Prediction> ask(Suite suite, List<Question> items, Path data) throws IOException {
        Path model = CommandOptions.parameter(arguments, 0);
        try (ModelFolder folder = modelOpener.open(model)) {
            String own = PromptTemplate.styleOf(folder.family().name());
            PromptTemplate promptTemplate =
                    PromptTemplate.of(CommandOptions.valueOr(arguments, "--prompts", own), suite.name());
            PromptTemplate shortened = new PromptTemplate(
                    promptTemplate.style(),
                    promptTemplate.text(),
                    CommandOptions.valueOr(arguments, "--max-tokens", promptTemplate.maxTokens()));
            JsonObject run = JsonObject.empty()
                    .with("suite", suite.name())
                    .with("data", name(data))
                    .with("model", name(model))
                    .with("prompts", shortened.style())
                    .with("max-tokens", shortened.maxTokens());
            try (PredictionStore predictionStore = predictions(run)) {
                return ask(items, folder, shortened, predictionStore);
            }
        }
    }

    private static String name(Path path) {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    private PredictionStore predictions(JsonObject run) throws IOException {
        Optional<Path> out = CommandOptions.find(arguments, "--out");
        return out.isPresent() ? PredictionStore.open(out.get(), run) : PredictionStore.inMemory();
    }

    private List<Prediction> ask(
            List<Question> items, ModelFolder folder, PromptTemplate promptTemplate, PredictionStore predictionStore)
            throws IOException {
        int batch = CommandOptions.valueOr(arguments, "--batch", 1);
        SuiteRunner suiteRunner = new SuiteRunner(promptTemplate, batch == 1 ? 1 : batch * ROUNDS);
        long known = items.stream()
                .filter(question -> predictionStore.answers().containsKey(question.id()))
                .count();
        if (known > 0) {
            terminal.printMessage("%d of %d answers are there already".formatted(known, items.size()));
        }
        if (known == items.size()) {
            return suiteRunner.run(items, (_, _) -> List.of(), predictionStore, (_, _, _, _) -> {});
        }
        long started = System.nanoTime();
        try (Processor processor = folder.processor();
                LoadedModel model = folder.load(openDevices.device(), WeightPrecision.AS_STORED);
                ProgressBar bar = new ProgressBar(terminal, "asking", "questions")) {
            List<Prediction> answers =
                    suiteRunner.run(items, new ModelAnswerGenerator(model, processor, batch), predictionStore, bar);
            terminal.printMessage("%d questions in %s"
                    .formatted(items.size() - known, HumanReadable.time((System.nanoTime() - started) / 1e9)));
            return answers;
        }
    }

    private static void write(Path folder, Map<String, String> files) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
    }

    private void show(Suite suite, SuiteScores suiteScores, int questions) throws IOException {
        SuiteScoresTable.of(suiteScores).print(terminal);
        suiteScores.notes().forEach(terminal::printMessage);
        Optional<Path> report = CommandOptions.find(arguments, "--report");
        if (report.isPresent()) {
            JsonObject json = JsonObject.empty()
                    .with("suite", suite.name())
                    .with("questions", questions)
                    .with("scores", suiteScores.json())
                    .with("remarks", JsonArray.ofStrings(suiteScores.notes()));
            Files.writeString(report.get(), Json.print(json) + "\n");
        }
    }
}
