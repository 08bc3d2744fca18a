package carve.models.data;

import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.json.JsonValue;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;

/**
 * The writer of the data set of shapes as files, in a folder that appears whole or not at all.
 *
 * <p>The folder has {@code train.json} and {@code test.json}, LLaVA-style: an array, one line per question, of
 *
 * <pre>{@code
 * {"id": "train-000000-3", "image": "train/000000.png", "kind": "position", "conversations": [
 *   {"from": "human", "value": "<image>\nwhere is the star?"}, {"from": "gpt", "value": "top left"}]}
 * }</pre>
 *
 * <p>or, where conversations of {@code train.json} have several questions, one line per conversation without {@code
 * kind}: a scene's questions in random order, once each, cut into conversations of as many as are drawn each time; the
 * last has what is left. Conversations of the test split have one question. Beside them are the images, in {@code
 * train/} and {@code test/}, and the {@code tokenizer.json} of a {@link ShapesTokenizer}. The bytes are a function of
 * the settings and the numbers of scenes.
 */
public final class ShapesDatasetWriter {
    private static final int SCENE_LIMIT = 1_000_000;
    // the stream of random numbers for conversations
    private static final long TALKS = -1;

    /** A listener to progress; it is called by several threads at once. */
    @FunctionalInterface
    public interface Progress {
        /**
         * Receives that {@code done} of {@code total} scenes are written; each number from 1 comes once, in any order.
         */
        void written(long done, long total);
    }

    /**
     * The range of the number of questions in conversations of {@code train.json}, uniformly distributed.
     *
     * @param min the least number, but for the last conversation of a scene
     * @param max the greatest number
     */
    public record TurnRange(int min, int max) {
        /** One question in each conversation. */
        public static final TurnRange ONE = new TurnRange(1, 1);

        /** Checks the numbers. */
        public TurnRange {
            if (min < 1 || max < min) {
                throw new DataException(
                        "shapes: min-turns and max-turns must be 1 or more and in order, found %d and %d"
                                .formatted(min, max));
            }
        }
    }

    private final ShapesDataset data;
    private final ShapesTokenizer vocabulary;
    private final TurnRange turnRange;

    /** Makes the writer of a data set with one question in each conversation. */
    public ShapesDatasetWriter(ShapesDataset data, ShapesTokenizer vocabulary) {
        this(data, vocabulary, TurnRange.ONE);
    }

    /** Makes the writer of a data set with a tokenizer and a range of questions in each conversation. */
    public ShapesDatasetWriter(ShapesDataset data, ShapesTokenizer vocabulary, TurnRange turnRange) {
        this.data = data;
        this.vocabulary = vocabulary;
        this.turnRange = turnRange;
    }

    /**
     * Writes a folder, on all processors.
     *
     * @param folder a path that does not exist yet
     * @param trainScenes scenes of the train split, at most a million
     * @param testScenes scenes of the test split, at most a million
     * @throws DataException if the path exists, a number is out of range, or a file cannot be written
     */
    public void write(Path folder, int trainScenes, int testScenes, Progress progress) {
        check(folder, trainScenes, testScenes);
        Path absolute = folder.toAbsolutePath();
        Path unfinished = absolute.resolveSibling("." + absolute.getFileName() + ".unfinished-"
                + ProcessHandle.current().pid());
        try {
            Files.createDirectories(unfinished);
            var done = new AtomicLong();
            long total = (long) trainScenes + testScenes;
            writeSplit(unfinished, Split.TRAIN, trainScenes, () -> progress.written(done.incrementAndGet(), total));
            writeSplit(unfinished, Split.TEST, testScenes, () -> progress.written(done.incrementAndGet(), total));
            Files.writeString(unfinished.resolve("tokenizer.json"), vocabulary.tokenizerJson());
            Files.move(unfinished, absolute, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | UncheckedIOException e) {
            throw new DataException("shapes: cannot write %s, %s".formatted(folder, e.getMessage()), e);
        } finally {
            delete(unfinished);
        }
    }

    private static void check(Path folder, int trainScenes, int testScenes) {
        if (Files.exists(folder)) {
            throw new DataException("shapes: %s already exists; choose another folder or delete it".formatted(folder));
        }
        if (trainScenes < 0 || testScenes < 0 || trainScenes > SCENE_LIMIT || testScenes > SCENE_LIMIT) {
            throw new DataException("shapes: 0 to %d scenes for train and test, found %d and %d"
                    .formatted(SCENE_LIMIT, trainScenes, testScenes));
        }
    }

    private void writeSplit(Path folder, Split split, int scenes, Runnable written) throws IOException {
        Files.createDirectory(folder.resolve(split.word()));
        // an exception that leaves the stream would not wait for the other threads, which would keep writing
        var failures = new ConcurrentLinkedQueue<RuntimeException>();
        IntStream.range(0, scenes)
                .parallel()
                .filter(index -> failures.isEmpty())
                .forEach(index -> {
                    try {
                        writePicture(folder.resolve(image(split, index)), data.scene(split, index));
                        written.run();
                    } catch (RuntimeException e) {
                        failures.add(e);
                    }
                });
        if (!failures.isEmpty()) {
            throw failures.remove();
        }
        try (var file = Files.newBufferedWriter(folder.resolve(split.word() + ".json"))) {
            writeConversations(file, split, scenes);
        }
    }

    private void writePicture(Path file, Scene scene) {
        try {
            Files.write(file, PngEncoder.encode(data.render(scene)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void writeConversations(BufferedWriter file, Split split, int scenes) throws IOException {
        String before = "[\n";
        for (int index = 0; index < scenes; index++) {
            List<List<Question>> talks = conversations(split, data.scene(split, index));
            for (int i = 0; i < talks.size(); i++) {
                file.write(before);
                file.write(Json.compact(conversation(split, index, i, talks.get(i))));
                before = ",\n";
            }
        }
        file.write(scenes == 0 ? "[]\n" : "\n]\n");
    }

    private List<List<Question>> conversations(Split split, Scene scene) {
        List<Question> questions = data.questions(scene);
        if (split == Split.TEST || turnRange.equals(TurnRange.ONE)) {
            return questions.stream().map(List::of).toList();
        }
        var random = new SplitMix64(scene.key(), TALKS);
        List<Question> mixed = Arrays.stream(random.sampleDistinct(questions.size(), questions.size()))
                .mapToObj(questions::get)
                .toList();
        List<List<Question>> talks = new ArrayList<>();
        for (int from = 0; from < mixed.size(); from += talks.getLast().size()) {
            talks.add(mixed.subList(
                    from, Math.min(mixed.size(), from + random.nextIntBetween(turnRange.min(), turnRange.max()))));
        }
        return talks;
    }

    private static JsonObject conversation(Split split, int index, int number, List<Question> questions) {
        List<JsonValue> said = new ArrayList<>();
        for (Question question : questions) {
            said.add(says("human", (said.isEmpty() ? "<image>\n" : "") + question.text()));
            said.add(says("gpt", question.answer()));
        }
        JsonObject head = JsonObject.empty()
                .with("id", "%s-%06d-%d".formatted(split.word(), index, number))
                .with("image", image(split, index));
        return (questions.size() == 1
                        ? head.with("kind", questions.getFirst().kind().word())
                        : head)
                .with("conversations", new JsonArray(said));
    }

    private static JsonObject says(String who, String what) {
        return JsonObject.empty().with("from", who).with("value", what);
    }

    private static String image(Split split, int index) {
        return "%s/%06d.png".formatted(split.word(), index);
    }

    private static void delete(Path folder) {
        if (!Files.exists(folder)) {
            return;
        }
        try (var paths = Files.walk(folder)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        } catch (IOException e) {
            throw new DataException("shapes: cannot remove the unfinished %s, %s".formatted(folder, e.getMessage()), e);
        }
    }
}
