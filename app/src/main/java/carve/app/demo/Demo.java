package carve.app.demo;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.config.TreeSettings;
import carve.api.json.Json;
import carve.app.report.HumanReadable;
import carve.app.report.ProgressBar;
import carve.app.report.Terminal;
import carve.app.train.RecipeExecution;
import carve.runtime.catalog.Catalogs;
import carve.runtime.eval.LlavaQuestions;
import carve.runtime.train.Recipe;
import carve.runtime.train.RecipeResult;
import carve.runtime.train.RecipeRunner;
import carve.runtime.train.Resume;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

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
 * turns    = 4                          # of these in one conversation about each picture; none if not given
 * decode   { short = 64, long = 4096, tokens = 32 }                # context lengths at which decoding is timed
 * question { image = test/000000.png, text = "describe the picture", then = "where is the star?" }   # then may be left out
 * }</pre>
 *
 * <p>The students' recipes are given {@code teacher}, {@code out} and {@code data.file}, the file {@code train} of the data, and
 * {@code samples.file}, the file {@code test}; what a student
 * has under {@code over} goes over its recipe. The first student is compared before its distillation, too. A run that was interrupted goes on. Beside what is shown, {@value #REPORT} has the figures.
 *
 * @param terminal where progress and results are printed
 * @param catalogs the installed plugins
 * @param recipes the execution of the students' recipes
 * @param environment what models are compared with
 * @param file what is done
 * @param settings the file's content
 * @param out where data, runs and students go
 */
public record Demo(
        Terminal terminal,
        Catalogs catalogs,
        RecipeExecution recipes,
        ComparedModel.Environment environment,
        Path file,
        TreeSettings settings,
        Path out) {
    private static final String REPORT = "demo.json";

    /** A model that is compared. */
    private record NamedModel(String name, Path folder) {}

    /** A student, the recipe that makes it, and what goes over the recipe. */
    private record StudentRecipe(String name, Path recipe, SettingsNode.Section overrides) {}

    /** The steps of the demonstration. */
    private record Plan(Path teacher, List<StudentRecipe> students, Path train, Path test) {}

    /**
     * Runs the demo.
     *
     * @throws IOException if a file cannot be read or written
     */
    public void run() throws IOException {
        long started = System.nanoTime();
        Path data = data();
        Plan plan = plan(data);
        Path test = data.resolve(settings.string("test"));
        int limit = settings.integer("limit");
        Settings decode = settings.section("decode");
        Settings question = settings.section("question");
        ComparedModel.ComparisonTasks comparisonTasks = new ComparedModel.ComparisonTasks(
                LlavaQuestions.read(test).stream().limit(limit).toList(),
                settings.has("turns") ? settings.integer("turns") : 0,
                decode.integer("short"),
                decode.integer("long"),
                decode.integer("tokens"),
                data.resolve(question.string("image")),
                asked(question));
        settings.requireAllRead();
        List<NamedModel> entries = new ArrayList<>(List.of(new NamedModel("teacher", plan.teacher())));
        for (StudentRecipe student : plan.students()) {
            distill(student, plan, entries);
        }
        List<ComparedModel> rows = new ArrayList<>();
        for (NamedModel namedModel : entries) {
            rows.add(ComparedModel.measure(environment, namedModel.name(), namedModel.folder(), comparisonTasks));
        }
        DemoReport report = new DemoReport(rows, comparisonTasks);
        report.show(terminal);
        Files.writeString(out.resolve(REPORT), Json.print(report.json()) + "\n");
        terminal.println("%ndone in %s; everything is in %s"
                .formatted(HumanReadable.time((System.nanoTime() - started) / 1e9), out));
    }

    private static List<String> asked(Settings question) {
        String first = question.string("text");
        return question.has("then") ? List.of(first, question.string("then")) : List.of(first);
    }

    private Path data() {
        Path folder = out.resolve("data");
        Settings section = settings.section("data");
        String name = section.string("type");
        SettingsNode.Section own = section.asTree().without("type");
        if (!Files.exists(folder)) {
            terminal.println("generating images and questions");
            try (ProgressBar bar = new ProgressBar(terminal, name, "scenes")) {
                catalogs.generators().create(name, own, (generator, merged) -> {
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
        return new Plan(
                relativeToFile(settings.string("teacher")),
                settings.sections("students").stream().map(this::studentRecipe).toList(),
                data.resolve(settings.string("train")),
                data.resolve(settings.string("test")));
    }

    private StudentRecipe studentRecipe(Settings student) {
        SettingsNode.Section over = student.has("over")
                ? student.section("over").asTree()
                : new SettingsNode.Section(Map.of(), student.origin());
        return new StudentRecipe(student.string("name"), relativeToFile(student.string("recipe")), over);
    }

    private Path relativeToFile(String name) {
        return file.toAbsolutePath().getParent().resolve(name);
    }

    private void distill(StudentRecipe student, Plan plan, List<NamedModel> entries) throws IOException {
        String name = student.name();
        Path run = out.resolve(name);
        terminal.println("converting and distilling " + name);
        var file = new SettingsNode.Scalar(plan.train().toString(), "demo");
        var asked = new SettingsNode.Scalar(plan.test().toString(), "demo");
        var given = new SettingsNode.Section(
                Map.of(
                        "teacher",
                        new SettingsNode.Scalar(plan.teacher().toString(), "demo"),
                        "out",
                        new SettingsNode.Scalar(run.toString(), "demo"),
                        "data",
                        new SettingsNode.Section(Map.of("file", file), "demo"),
                        "samples",
                        new SettingsNode.Section(Map.of("file", asked), "demo")),
                "demo");
        Recipe recipe = recipes.read(student.recipe().toString(), given.over(student.overrides()));
        RecipeResult result = recipes.run(recipe, (runner, resumed) -> runner.distill(resumed, Resume.SAME_FILES));
        if (entries.size() == 1) {
            entries.add(new NamedModel(name + " initial", run.resolve(RecipeRunner.INITIAL_STUDENT)));
        }
        entries.add(new NamedModel(name, result.model()));
    }
}
