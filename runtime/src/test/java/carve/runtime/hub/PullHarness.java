package carve.runtime.hub;

import carve.runtime.progress.Progress;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;

/** A client of a test hub with a cache of its own; it does not wait, and remembers how long it would have. */
final class PullHarness {
    static final HubReference MODEL = HubReference.parse(TestHub.REPOSITORY);

    private final Map<String, String> environment = new HashMap<>();
    private final Path root;
    private final List<Duration> pauses = new CopyOnWriteArrayList<>();
    private final List<Long> steps = new CopyOnWriteArrayList<>();

    PullHarness(TestHub hub, Path home) {
        environment.put("HF_HOME", home.toString());
        environment.put("HF_ENDPOINT", hub.endpoint().toString());
        root = home.resolve("hub");
    }

    PullHarness with(String variable, String value) {
        environment.put(variable, value);
        return this;
    }

    PullResult pull(String... include) throws Exception {
        return pull(MODEL, new FileFilter(List.of(include), List.of()));
    }

    PullResult pull(HubReference reference, FileFilter filter) throws Exception {
        try (HubClient client = new HubClient(HubConfig.of(environment), pauses::add)) {
            return client.pull(reference, filter, Progress.of((_, done, _, _) -> steps.add(done)));
        }
    }

    HubCache cache() {
        return new HubCache(root);
    }

    List<Duration> pauses() {
        return List.copyOf(pauses);
    }

    List<Long> steps() {
        return List.copyOf(steps);
    }

    /** Returns the files below the model's folder in the cache, links included, without folders. */
    List<String> files() {
        Path folder = root.resolve("models--acme--tiny");
        if (!Files.isDirectory(folder)) {
            return List.of();
        }
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> !Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                    .map(path -> folder.relativize(path).toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the files of the snapshot. */
    List<String> snapshot() {
        String folder = "snapshots/" + TestHub.COMMIT + "/";
        return files().stream()
                .filter(name -> name.startsWith(folder))
                .map(name -> name.substring(folder.length()))
                .toList();
    }

    /** Returns bytes that differ from seed to seed. */
    static byte[] bytes(int size, long seed) {
        byte[] bytes = new byte[size];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    /** Adds the files of a small model to a hub. */
    static TestHub model(TestHub hub) {
        List<String> pickles = new ArrayList<>(List.of("pytorch_model.bin", "training_args.bin"));
        pickles.forEach(name -> hub.with(name, name));
        return hub.with("config.json", "{\"model_type\": \"tiny\"}")
                .with("generation_config.json", "{}")
                .with("tokenizer.json", "{\"version\": \"1.0\"}")
                .with("tokenizer_config.json", "{}")
                .with("README.md", "# Tiny")
                .with("onnx/model.onnx", "onnx")
                .with("model.safetensors", bytes(300_000, 1));
    }
}
