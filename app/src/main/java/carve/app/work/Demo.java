package carve.app.work;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.config.JsonValue;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.model.Inputs;
import carve.api.model.LoadedModel;
import carve.api.model.Message;
import carve.api.model.ModelFolder;
import carve.api.model.ModelState;
import carve.api.model.Picture;
import carve.api.model.Processor;
import carve.api.model.Storage;
import carve.api.param.ParamSpec;
import carve.app.terminal.Amounts;
import carve.app.terminal.ProgressBar;
import carve.app.terminal.Table;
import carve.app.terminal.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/**
 * The main job from end to end: a teacher is carved into students, each is distilled, and all are compared in one table. What
 * it does is in a file, in which paths are relative to the file's folder:
 *
 * <pre>{@code
 * teacher  = teacher                    # folder of the teacher
 * data     { type = shapes, test-scenes = 60, train-scenes = 0 }   # made by the generator of that name
 * train    = train.json                 # what students learn from, in the folder of the data
 * test     = test.json                  # what all are asked
 * students = [{ name = linear, recipe = linear.conf }, { name = hybrid, recipe = hybrid.conf }]
 * limit    = 400                        # questions
 * decode   { short = 64, long = 4096, tokens = 32 }                # context lengths at which decoding is timed
 * question { image = test/000000.png, text = "describe the picture" }
 * }</pre>
 *
 * <p>The students' recipes are given {@code teacher}, {@code out} and {@code data.file}, the file {@code train} of the data. A run
 * that was interrupted goes on. Beside what is shown, {@value #REPORT} has the figures.
 *
 * @param workshop what is installed
 * @param file what is done
 * @param settings the file's content
 * @param out where data, runs and students go
 */
public record Demo(Workshop workshop, Path file, TreeSettings settings, Path out) {
    private static final String REPORT = "demo.json";
    private static final List<Long> LENGTHS = List.of(1024L, 16 * 1024L, 103 * 1024L);

    /** A model that is compared. */
    private record Entry(String name, Path folder) {}

    /** A student, and the recipe that makes it. */
    private record Pupil(String name, Path recipe) {}

    /** What is known of a model. */
    private record Row(
            String name,
            Evaluation.Result result,
            long parameters,
            List<Long> state,
            double atShort,
            double atLong,
            String answer) {
        private double accuracy() {
            return result.all().accuracy();
        }
    }

    /** What is asked. */
    private record Plan(
            Path teacher,
            List<Pupil> students,
            Path train,
            Path test,
            int limit,
            int atShort,
            int atLong,
            int tokens,
            Path image,
            String text) {}

    /**
     * Does it.
     *
     * @throws IOException if a file cannot be read or written
     */
    public void run() throws IOException {
        long started = System.nanoTime();
        Path data = data();
        Plan plan = plan(data);
        settings.requireAllRead();
        List<Entry> entries = new ArrayList<>(List.of(new Entry("teacher", plan.teacher())));
        for (Pupil student : plan.students()) {
            distill(student, plan, entries);
        }
        List<Conversations.Question> questions = Conversations.read(plan.test());
        List<Conversations.Question> asked = questions.subList(0, Math.min(plan.limit(), questions.size()));
        List<Row> rows = new ArrayList<>();
        for (Entry entry : entries) {
            rows.add(measure(entry, plan, asked));
        }
        show(rows, plan);
        Files.writeString(out.resolve(REPORT), Json.print(json(rows, plan)) + "\n");
        workshop.terminal()
                .println("%ndone in %s; everything is in %s"
                        .formatted(Amounts.time((System.nanoTime() - started) / 1e9), out));
    }

    private Path data() {
        Path folder = out.resolve("data");
        Settings section = settings.section("data");
        String name = section.string("type");
        SettingsNode.Section own = section.take().without("type");
        if (!Files.exists(folder)) {
            workshop.terminal().println("making pictures and questions");
            try (ProgressBar bar = new ProgressBar(workshop.terminal(), name, "scenes")) {
                workshop.catalogs().generators().create(name, own, (generator, merged) -> {
                    createFolder(out);
                    generator.generate(merged, folder, bar);
                    return folder;
                });
            }
        }
        return folder;
    }

    private static void createFolder(Path folder) {
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            throw new SettingsException("%s cannot be made: %s".formatted(folder, e.getMessage()), e);
        }
    }

    private Plan plan(Path data) {
        Settings decode = settings.section("decode");
        Settings question = settings.section("question");
        return new Plan(
                beside(settings.string("teacher")),
                settings.sections("students").stream()
                        .map(student -> new Pupil(student.string("name"), beside(student.string("recipe"))))
                        .toList(),
                data.resolve(settings.string("train")),
                data.resolve(settings.string("test")),
                settings.integer("limit"),
                decode.integer("short"),
                decode.integer("long"),
                decode.integer("tokens"),
                data.resolve(question.string("image")),
                question.string("text"));
    }

    private Path beside(String name) {
        return file.toAbsolutePath().getParent().resolve(name);
    }

    private void distill(Pupil student, Plan plan, List<Entry> entries) throws IOException {
        String name = student.name();
        Path run = out.resolve(name);
        workshop.terminal().println("carving and distilling " + name);
        Map<String, SettingsNode> given = new LinkedHashMap<>();
        given.put("teacher", new SettingsNode.Scalar(plan.teacher().toString(), "demo"));
        given.put("out", new SettingsNode.Scalar(run.toString(), "demo"));
        given.put(
                "data",
                new SettingsNode.Section(
                        Map.of("file", new SettingsNode.Scalar(plan.train().toString(), "demo")), "demo"));
        Recipe recipe = Recipe.read(
                student.recipe().toString(),
                new Resources(workshop.platform()),
                new SettingsNode.Section(given, "demo"));
        Path result = new Training(workshop).distill(recipe, true);
        if (entries.size() == 1) {
            entries.add(new Entry("seeded only", run.resolve(Training.START)));
        }
        entries.add(new Entry(name, result));
    }

    private Row measure(Entry entry, Plan plan, List<Conversations.Question> questions) throws IOException {
        try (ModelFolder folder = workshop.open(entry.folder());
                Processor processor = folder.processor();
                LoadedModel model = folder.load(workshop.device(), Storage.KEEP)) {
            Evaluation.Result result;
            try (ProgressBar bar = new ProgressBar(workshop.terminal(), "asking " + entry.name(), "questions")) {
                result = new Evaluation(model, processor, workshop.config().evaluation()).run(questions, bar);
            }
            long parameters = folder.spec().parameters().stream()
                    .map(ParamSpec::shape)
                    .mapToLong(s -> s.size())
                    .sum();
            List<Long> state = LENGTHS.stream()
                    .map(length -> folder.spec().stateBytes(1, length))
                    .toList();
            int[] tokens = processor.prompt(List.of(Message.user(plan.text()))).tokens();
            return new Row(
                    entry.name(),
                    result,
                    parameters,
                    state,
                    speed(model, tokens, plan.atShort(), plan.tokens()),
                    speed(model, tokens, plan.atLong(), plan.tokens()),
                    answer(model, processor, plan));
        }
    }

    private static double speed(LoadedModel model, int[] tokens, int context, int steps) {
        int piece = 1024;
        try (ModelState state = model.model().newState(model.device(), 1, context + steps + 1)) {
            for (int done = 0; done < context; done += piece) {
                int[] next = new int[Math.min(piece, context - done)];
                for (int i = 0; i < next.length; i++) {
                    next[i] = tokens[(done + i) % tokens.length];
                }
                Decoding.advance(model, Inputs.text(next), state);
            }
            Decoding.advance(model, Inputs.text(tokens[0]), state); // the first step compiles and packs
            long started = System.nanoTime();
            for (int i = 0; i < steps; i++) {
                Decoding.advance(model, Inputs.text(tokens[i % tokens.length]), state);
            }
            return steps / ((System.nanoTime() - started) / 1e9);
        }
    }

    private static String answer(LoadedModel model, Processor processor, Plan plan) throws IOException {
        Decoding decoding = new Decoding(model, Sampler.greedy(processor.excluded()), processor.stops(), 64);
        var prompt = processor.prompt(List.of(Message.user(plan.text(), Picture.read(plan.image()))));
        return processor.decode(decoding.answer(List.of(prompt), (_, _) -> {}).getFirst());
    }

    private void show(List<Row> rows, Plan plan) {
        Terminal terminal = workshop.terminal();
        List<String> header = new ArrayList<>(List.of(""));
        rows.forEach(row -> header.add(row.name().toUpperCase(Locale.ROOT)));
        Table table = new Table(header.toArray(String[]::new));
        for (String kind : rows.getFirst().result().kinds().keySet()) {
            line(
                    table,
                    kind,
                    rows,
                    row -> Amounts.percent(row.result().kinds().get(kind).accuracy()));
        }
        double teacher = Math.max(1e-9, rows.getFirst().accuracy());
        line(table, "all questions", rows, row -> Amounts.percent(row.accuracy()));
        line(table, "of the teacher's", rows, row -> Amounts.percent(row.accuracy() / teacher));
        line(table, "parameters", rows, row -> Amounts.count(row.parameters()));
        for (int i = 0; i < LENGTHS.size(); i++) {
            int index = i;
            line(
                    table,
                    "cache at %dK".formatted(LENGTHS.get(i) / 1024),
                    rows,
                    row -> Amounts.bytes(row.state().get(index)));
        }
        line(table, "tokens/s at " + Amounts.count(plan.atShort()), rows, row -> "%.0f".formatted(row.atShort()));
        line(table, "tokens/s at " + Amounts.count(plan.atLong()), rows, row -> "%.0f".formatted(row.atLong()));
        terminal.println("");
        table.print(terminal);
        terminal.println("%n%s  %s".formatted(plan.image(), plan.text()));
        rows.forEach(row -> terminal.println("  %-12s %s".formatted(row.name(), row.answer())));
    }

    private static void line(Table table, String name, List<Row> rows, Function<Row, String> cell) {
        List<Object> cells = new ArrayList<>(List.of(name));
        rows.forEach(row -> cells.add(cell.apply(row)));
        table.row(cells.toArray());
    }

    private static JsonObject json(List<Row> rows, Plan plan) {
        List<JsonValue> models = new ArrayList<>();
        for (Row row : rows) {
            JsonObject state = JsonObject.empty();
            for (int i = 0; i < LENGTHS.size(); i++) {
                state = state.with(LENGTHS.get(i).toString(), row.state().get(i));
            }
            models.add(JsonObject.empty()
                    .with("name", row.name())
                    .with("parameters", row.parameters())
                    .with("state_bytes", state)
                    .with(
                            "tokens_per_second",
                            JsonObject.empty()
                                    .with(Integer.toString(plan.atShort()), row.atShort())
                                    .with(Integer.toString(plan.atLong()), row.atLong()))
                    .with("answer", row.answer())
                    .with("evaluation", row.result().json().without("answers")));
        }
        return JsonObject.empty().with("models", new JsonArray(models));
    }
}
