package carve.runtime.train;

import carve.api.config.Settings;
import carve.api.data.Dataset;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import carve.api.model.LoadedModel;
import carve.api.stage.ProgressListener;
import carve.api.text.Processor;
import carve.runtime.engine.GenerationRequest;
import carve.runtime.engine.GenerationRequest.CachePolicy;
import carve.runtime.engine.Generator;
import carve.runtime.engine.Sampler;
import carve.runtime.engine.TokenListener;
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
 * The log of sample answers of teacher and student during training: {@value #FILE} in the folder of a stage, one JSON object
 * on each line, decoded greedily.
 *
 * <pre>{@code
 * {"step":100,"samples":[{"question":"how many","images":["test/000000.png"],"expected":"two","teacher":"two","student":"a"}]}
 * }</pre>
 *
 * <p>A model that learns without a teacher answers alone. A resumed run removes the lines after the step that it goes on from.
 */
public final class SampleGenerationLog implements ProgressListener {
    static final String FILE = "samples.jsonl";

    private final Config config;
    private final Processor processor;
    private final Optional<LoadedModel> teacher;
    private final LoadedModel student;
    private final Path file;
    private final List<SamplePrompt> questions;
    private final List<Optional<String>> teacherAnswers = new ArrayList<>();
    private boolean started;

    /**
     * The questions, and how often they are asked.
     *
     * @param every steps from one time to the next; 0 for never
     * @param count how many questions
     * @param maxTokens the longest answer
     * @param file where questions come from; none for the data of the stage
     */
    public record Config(int every, int count, int maxTokens, Optional<Path> file) {
        /** Returns the values of a recipe's section {@code samples}. */
        public static Config from(Settings settings) {
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

    private SampleGenerationLog(
            Config config,
            Processor processor,
            Optional<LoadedModel> teacher,
            LoadedModel student,
            Path file,
            List<SamplePrompt> questions) {
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
    public static ProgressListener of(
            Config config,
            Processor processor,
            Optional<LoadedModel> teacher,
            LoadedModel student,
            Dataset data,
            Path folder)
            throws IOException {
        if (config.every() == 0) {
            return ProgressListener.NONE;
        }
        List<SamplePrompt> questions = config.file().isPresent()
                ? SamplePrompt.of(config.file().get(), config.count(), processor)
                : SamplePrompt.of(data, config.count(), processor);
        return new SampleGenerationLog(config, processor, teacher, student, folder.resolve(FILE), questions);
    }

    private String answer(LoadedModel model, SamplePrompt question) {
        try (Generator generator = new Generator(model)) {
            GenerationRequest request = new GenerationRequest(
                            generator.prompt(question.prompt()),
                            Sampler.greedy(processor.suppressedTokens()),
                            processor.stopTokens(),
                            config.maxTokens())
                    .with(CachePolicy.NONE);
            return processor
                    .decode(generator.generate(request, TokenListener.NONE).tokens())
                    .strip();
        }
    }

    @Override
    public void step(long done, long total, double loss, double rate) {
        try {
            if (!started) {
                truncate(done);
                questions.forEach(question -> teacherAnswers.add(teacher.map(model -> answer(model, question))));
                started = true;
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
            SamplePrompt question = questions.get(i);
            JsonObject sample = JsonObject.empty()
                    .with("question", question.text())
                    .with(
                            "images",
                            JsonArray.ofStrings(question.images().stream()
                                    .map(Path::toString)
                                    .toList()))
                    .with("expected", question.expected());
            sample = teacherAnswers.get(i).isPresent()
                    ? sample.with("teacher", teacherAnswers.get(i).get())
                    : sample;
            samples.add(sample.with("student", answer(student, question)));
        }
        return JsonObject.empty().with("step", step).with("samples", new JsonArray(samples));
    }

    private void truncate(long from) throws IOException {
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
