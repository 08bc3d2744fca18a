package carve.app.data;

import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.data.DatasetGenerator;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.param.CounterRandom;
import carve.api.stage.ProgressListener;
import carve.runtime.eval.recall.Depth;
import carve.runtime.eval.recall.Haystack;
import carve.runtime.eval.recall.RecallExample;
import carve.runtime.eval.recall.RecallRequest;
import carve.runtime.eval.recall.RecallTask;
import carve.runtime.eval.recall.RecallTasks;
import carve.runtime.eval.recall.TokenCounter;
import carve.runtime.io.FolderTransaction;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/**
 * The generator of the data set {@code recall}: the examples of recall tasks with their answers, as JSON lines. Lengths are counted in words,
 * since there is no tokenizer. A line is {@code {"text": ...}}, or {@code {"messages": [...]}} with the question of a user and the answer of an
 * assistant.
 */
public final class RecallGenerator implements DatasetGenerator {
    /** The file that is written. */
    public static final String FILE = "recall.jsonl";

    private record Config(List<RecallTask> tasks, List<Integer> lengths, int samples, long seed, boolean messages) {
        static Config from(Settings settings) {
            String form = settings.string("form");
            if (!List.of("text", "messages").contains(form)) {
                throw new SettingsException("%s: key 'form': expected text or messages, found '%s'"
                        .formatted(settings.origin("form"), form));
            }
            try {
                Config config = new Config(
                        RecallTasks.named(settings.strings("tasks"), Haystack.NOISE),
                        settings.strings("lengths").stream()
                                .map(Integer::valueOf)
                                .toList(),
                        settings.integer("samples"),
                        settings.longInteger("seed"),
                        form.equals("messages"));
                config.requireSome(settings);
                return config;
            } catch (NumberFormatException e) {
                throw new SettingsException(
                        "%s: key 'lengths': expected whole numbers, found %s"
                                .formatted(settings.origin("lengths"), settings.strings("lengths")),
                        e);
            }
        }

        private void requireSome(Settings settings) {
            if (tasks.isEmpty()
                    || lengths.isEmpty()
                    || samples < 1
                    || lengths.stream().anyMatch(length -> length < 1)) {
                throw new SettingsException(
                        "%s: recall data needs a task, lengths of 1 or more, and 1 sample or more; found %d tasks, lengths %s, %d samples"
                                .formatted(settings.origin("samples"), tasks.size(), lengths, samples));
            }
        }
    }

    /** Makes the generator. */
    public RecallGenerator() {}

    @Override
    public String name() {
        return "recall";
    }

    @Override
    public String description() {
        return "texts in which something must be found again, with the answer: needles, key-value, phone book and more";
    }

    @Override
    public void generate(Settings settings, Path folder, ProgressListener progressListener) {
        Config config = Config.from(settings);
        settings.requireAllRead(); // before anything is written
        StringBuilder lines = new StringBuilder();
        CounterRandom random = new CounterRandom(config.seed(), name());
        for (int i = 0; i < config.samples(); i++) {
            RecallTask task = config.tasks().get(i % config.tasks().size());
            int length =
                    config.lengths().get(random.below(2L * i, config.lengths().size()));
            RecallExample example =
                    task.example(TokenCounter.WORDS, new RecallRequest(length, Depth.RANDOM, random.bits(2L * i + 1)));
            lines.append(Json.compact(
                            config.messages()
                                    ? messages(example)
                                    : JsonObject.empty().with("text", example.text())))
                    .append('\n');
            progressListener.step(i + 1, config.samples());
        }
        try (FolderTransaction transaction = FolderTransaction.begin(folder)) {
            transaction.write(FILE, lines.toString().getBytes(StandardCharsets.UTF_8));
            transaction.commit();
        }
    }

    private static JsonObject messages(RecallExample example) {
        return JsonObject.empty()
                .with(
                        "messages",
                        new JsonArray(List.of(
                                message("user", example.prompt()),
                                message("assistant", (example.answerPrefix() + example.answer()).strip()))));
    }

    private static JsonObject message(String role, String content) {
        return JsonObject.empty().with("role", role).with("content", content);
    }
}
