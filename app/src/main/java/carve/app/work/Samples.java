package carve.app.work;

import carve.api.config.Json;
import carve.api.config.JsonArray;
import carve.api.config.JsonException;
import carve.api.config.JsonObject;
import carve.api.config.JsonValue;
import carve.api.config.Settings;
import carve.api.model.LoadedModel;
import carve.api.model.Processor;
import carve.api.stage.DataSource;
import carve.api.stage.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What teacher and student answer to a few questions while the student learns: {@value #FILE} in the folder of a stage, one
 * JSON object to the line, greedily and at most so many tokens each.
 *
 * <pre>{@code
 * {"step":100,"samples":[{"question":"how many","images":["test/000000.png"],"expected":"two","teacher":"two","student":"a"}]}
 * }</pre>
 *
 * <p>A model that learns without a teacher answers alone. A resumed run removes the lines after the step that it goes on from.
 */
final class Samples implements Progress {
    static final String FILE = "samples.jsonl";

    private final Config config;
    private final Processor processor;
    private final Optional<LoadedModel> teacher;
    private final LoadedModel student;
    private final Path file;
    private final List<SampleQuestion> questions;
    private final List<Optional<String>> taught = new ArrayList<>();
    private boolean begun;

    /**
     * What is asked, and how often.
     *
     * @param every steps from one time to the next; 0 for never
     * @param count how many questions
     * @param maxTokens the longest answer
     * @param file where questions come from; none for the data of the stage
     */
    record Config(int every, int count, int maxTokens, Optional<Path> file) {
        static Config from(Settings settings) {
            String file = settings.string("file");
            return new Config(
                    atLeast(settings, "every", 0),
                    atLeast(settings, "count", 1),
                    atLeast(settings, "max-tokens", 1),
                    file.isEmpty() ? Optional.empty() : Optional.of(Path.of(file)));
        }

        private static int atLeast(Settings settings, String key, int least) {
            int value = settings.integer(key);
            if (value < least) {
                throw settings.error(key, "must be %d or more, is %d".formatted(least, value));
            }
            return value;
        }
    }

    private Samples(
            Config config,
            Processor processor,
            Optional<LoadedModel> teacher,
            LoadedModel student,
            Path file,
            List<SampleQuestion> questions) {
        this.config = config;
        this.processor = processor;
        this.teacher = teacher;
        this.student = student;
        this.file = file;
        this.questions = questions;
    }

    /**
     * Returns what asks the models of a stage after some of its steps.
     *
     * @throws IOException if the questions cannot be read
     */
    static Progress of(
            Config config,
            Processor processor,
            Optional<LoadedModel> teacher,
            LoadedModel student,
            DataSource data,
            Path folder)
            throws IOException {
        if (config.every() == 0) {
            return Progress.NONE;
        }
        List<SampleQuestion> questions = config.file().isPresent()
                ? SampleQuestion.of(config.file().get(), config.count(), processor)
                : SampleQuestion.of(data, config.count(), processor);
        return new Samples(config, processor, teacher, student, folder.resolve(FILE), questions);
    }

    private String answer(LoadedModel model, SampleQuestion question) {
        Decoding decoding =
                new Decoding(model, Sampler.greedy(processor.excluded()), processor.stops(), config.maxTokens());
        return processor
                .decode(decoding.answer(List.of(question.prompt()), (_, _) -> {})
                        .getFirst())
                .strip();
    }

    @Override
    public void step(long done, long total, double loss, double rate) {
        try {
            if (!begun) {
                forget(done);
                questions.forEach(question -> taught.add(teacher.map(model -> answer(model, question))));
                begun = true;
            }
            if (done == 1 || done == total || done % config.every() == 0) {
                Files.writeString(
                        file, Json.compact(line(done)) + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private JsonObject line(long step) {
        List<JsonValue> samples = new ArrayList<>();
        for (int i = 0; i < questions.size(); i++) {
            SampleQuestion question = questions.get(i);
            JsonObject sample = JsonObject.empty()
                    .with("question", question.text())
                    .with(
                            "images",
                            JsonArray.ofStrings(question.images().stream()
                                    .map(Path::toString)
                                    .toList()))
                    .with("expected", question.expected());
            sample = taught.get(i).isPresent()
                    ? sample.with("teacher", taught.get(i).get())
                    : sample;
            samples.add(sample.with("student", answer(student, question)));
        }
        return JsonObject.empty().with("step", step).with("samples", new JsonArray(samples));
    }

    private void forget(long from) throws IOException {
        if (Files.exists(file)) {
            Path rest = file.resolveSibling(FILE + ".new");
            Files.write(
                    rest,
                    Files.readAllLines(file).stream()
                            .filter(line -> isBefore(line, from))
                            .toList());
            Files.move(rest, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        }
    }

    // a killed run may have left half a line
    private static boolean isBefore(String line, long step) {
        try {
            return Json.parseObject(line, FILE).longInteger("step") < step;
        } catch (JsonException e) {
            return false;
        }
    }
}
