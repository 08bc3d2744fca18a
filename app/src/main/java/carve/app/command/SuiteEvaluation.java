package carve.app.command;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.model.LoadedModel;
import carve.api.model.ModelFolder;
import carve.api.model.Processor;
import carve.api.model.Storage;
import carve.app.suite.Answered;
import carve.app.suite.Asking;
import carve.app.suite.Grading;
import carve.app.suite.Item;
import carve.app.suite.ModelAnswerer;
import carve.app.suite.Predictions;
import carve.app.suite.Prompts;
import carve.app.suite.Scores;
import carve.app.suite.Source;
import carve.app.suite.Suite;
import carve.app.suite.SuiteException;
import carve.app.suite.Suites;
import carve.app.terminal.Amounts;
import carve.app.terminal.ProgressBar;
import carve.app.terminal.Terminal;
import carve.app.work.Workshop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/** {@code carve eval --suite}. */
final class SuiteEvaluation {
    private static final int ROUNDS = 8;

    private final ParseResult arguments;
    private final Workshop workshop;
    private final Terminal terminal;

    SuiteEvaluation(ParseResult arguments, Workshop workshop) {
        this.arguments = arguments;
        this.workshop = workshop;
        this.terminal = workshop.terminal();
    }

    /** Returns the description of the option. */
    static String[] suites() {
        List<String> lines = new ArrayList<>(List.of("A public suite, from its authors' files or VLMEvalKit's table:"));
        Suites.all().forEach(suite -> lines.add("%s: %s".formatted(suite.name(), suite.files())));
        return lines.toArray(String[]::new);
    }

    /** Returns whether a suite is asked for; refuses what belongs to suites where none is. */
    static boolean asked(ParseResult arguments) {
        boolean asked = Arguments.find(arguments, "--suite").isPresent();
        Stream.of("--images", "--split", "--prompts", "--out", "--official", "--grades")
                .filter(option -> !asked && Arguments.find(arguments, option).isPresent())
                .findFirst()
                .ifPresent(option -> {
                    throw new ParameterException(
                            arguments.commandSpec().commandLine(), "'%s' goes with --suite".formatted(option));
                });
        return asked;
    }

    void run() throws IOException {
        Suite suite = Suites.of(Arguments.get(arguments, "--suite", ""));
        Path data = Arguments.get(arguments, "--data", Path.of("data"));
        String split = Arguments.get(arguments, "--split", "");
        List<Item> all = suite.read(new Source(data, Arguments.find(arguments, "--images"), split));
        List<Item> items = Asking.first(suite, all, Arguments.get(arguments, "--limit", all.size()));
        if (items.isEmpty()) {
            throw new SuiteException("%s: there are no questions to ask%s; %s: %s"
                    .formatted(
                            data,
                            split.isEmpty() ? "" : " of split '%s'".formatted(split),
                            suite.name(),
                            suite.files()));
        }
        Optional<Path> grades = Arguments.find(arguments, "--grades");
        if (grades.isPresent()) {
            show(suite, new Grading(suite).score(items, grades.get()), items.size());
            return;
        }
        List<Answered> answers = ask(suite, items, data);
        Optional<Path> official = Arguments.find(arguments, "--official");
        if (official.isPresent()) {
            write(official.get(), suite.official(answers));
        }
        if (answers.stream().anyMatch(answered -> answered.item().answers().isEmpty())) {
            terminal.remark(
                    "the right answers are not in %s; its server scores the files of --official".formatted(data));
            return;
        }
        show(suite, suite.score(answers), items.size());
    }

    private List<Answered> ask(Suite suite, List<Item> items, Path data) throws IOException {
        Path model = Arguments.parameter(arguments, 0);
        try (ModelFolder folder = workshop.open(model)) {
            String own = Prompts.styleOf(folder.family().name());
            Prompts prompts = Prompts.of(Arguments.get(arguments, "--prompts", own), suite.name());
            Prompts shortened = new Prompts(
                    prompts.style(), prompts.prompt(), Arguments.get(arguments, "--max-tokens", prompts.maxTokens()));
            JsonObject run = JsonObject.empty()
                    .with("suite", suite.name())
                    .with("data", name(data))
                    .with("model", name(model))
                    .with("prompts", shortened.style())
                    .with("max-tokens", shortened.maxTokens());
            try (Predictions predictions = predictions(run)) {
                return ask(items, folder, shortened, predictions);
            }
        }
    }

    private static String name(Path path) {
        return String.valueOf(path.toAbsolutePath().normalize().getFileName());
    }

    private Predictions predictions(JsonObject run) throws IOException {
        Optional<Path> out = Arguments.find(arguments, "--out");
        return out.isPresent() ? Predictions.open(out.get(), run) : Predictions.inMemory();
    }

    private List<Answered> ask(List<Item> items, ModelFolder folder, Prompts prompts, Predictions predictions)
            throws IOException {
        int batch = Arguments.get(arguments, "--batch", 1);
        Asking asking = new Asking(prompts, batch == 1 ? 1 : batch * ROUNDS);
        long known = items.stream()
                .filter(item -> predictions.answers().containsKey(item.id()))
                .count();
        if (known > 0) {
            terminal.remark("%d of %d answers are there already".formatted(known, items.size()));
        }
        if (known == items.size()) {
            return asking.run(items, (_, _) -> List.of(), predictions, (_, _, _, _) -> {});
        }
        long started = System.nanoTime();
        try (Processor processor = folder.processor();
                LoadedModel model = folder.load(workshop.device(), Storage.KEEP);
                ProgressBar bar = new ProgressBar(terminal, "asking", "questions")) {
            List<Answered> answers = asking.run(items, new ModelAnswerer(model, processor, batch), predictions, bar);
            terminal.remark("%d questions in %s"
                    .formatted(items.size() - known, Amounts.time((System.nanoTime() - started) / 1e9)));
            return answers;
        }
    }

    private static void write(Path folder, Map<String, String> files) throws IOException {
        Files.createDirectories(folder);
        for (Map.Entry<String, String> file : files.entrySet()) {
            Files.writeString(folder.resolve(file.getKey()), file.getValue());
        }
    }

    private void show(Suite suite, Scores scores, int questions) throws IOException {
        scores.table().print(terminal);
        scores.remarks().forEach(terminal::remark);
        Optional<Path> report = Arguments.find(arguments, "--report");
        if (report.isPresent()) {
            JsonObject json = JsonObject.empty()
                    .with("suite", suite.name())
                    .with("questions", questions)
                    .with("scores", scores.json())
                    .with("remarks", JsonArray.ofStrings(scores.remarks()));
            Files.writeString(report.get(), Json.print(json) + "\n");
        }
    }
}
