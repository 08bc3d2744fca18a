package carve.app.train;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.stream.IntStream;

/** A run of two stages with six layers, as training writes it. */
public final class RunFixture {
    private static final int[] LAYERS = {1, 2, 4, 5};

    private final Path folder;

    /** Begins it. */
    public RunFixture(Path folder) throws IOException {
        this.folder = folder;
        Files.createDirectories(folder);
        Files.writeString(folder.resolve("run.json"), """
                {"kind": "distill", "from": "demo/teacher", "stages": ["align", "logits"],
                 "mixers": ["attention", "mamba2", "mamba2", "attention", "mamba2", "mamba2"]}
                """);
    }

    /** Writes what a stage is about to do. */
    public RunFixture schedule(String stage, int steps) throws IOException {
        Files.createDirectories(folder.resolve(stage));
        Files.writeString(
                folder.resolve(stage).resolve("schedule.json"), """
                {"name": "%s", "steps": %d, "losses": ["mean-squared-error@heads"], "layers": [1, 2, 4, 5], "batch_size": 8,
                 "learning_rates": [[1, 0.0], [%d, 0.001], [%d, 0.0]]}
                """.formatted(stage, steps, steps / 2, steps));
        return this;
    }

    /** Writes lines of metrics. */
    public RunFixture steps(String stage, int from, int to) throws IOException {
        for (int step = from; step <= to; step++) {
            append(stage, "metrics.jsonl", line(step) + "\n");
        }
        return this;
    }

    private static String line(int step) {
        StringBuilder layers = new StringBuilder();
        StringBuilder gradients = new StringBuilder();
        for (int layer : LAYERS) {
            double value = (1 + layer) * Math.exp(-step / 40.0) * (1 + 0.2 * Math.sin(step * (1 + layer)));
            layers.append("%s\"%d\":%s".formatted(layers.isEmpty() ? "" : ",", layer, figure(value)));
            gradients.append("%s\"%d\":%s".formatted(gradients.isEmpty() ? "" : ",", layer, figure(value / 10)));
        }
        double loss = 4 * Math.exp(-step / 40.0);
        return ("{\"step\":%d,\"loss\":%s,\"losses\":{\"mean-squared-error@heads\":%s},\"layers\":{\"mean-squared-error@heads\":{%s}},"
                        + "\"layer_grad_norms\":{%s},\"learning_rate\":0.001,\"grad_norm\":0.5,\"tokens_per_second\":4000.0,\"seconds\":%s}")
                .formatted(step, figure(loss), figure(loss / 10), layers, gradients, figure(step / 10.0));
    }

    private static String figure(double value) {
        return String.format(Locale.ROOT, "%.6f", value);
    }

    /** Writes a line of samples whose first picture is in a file. */
    public RunFixture samples(String stage, int step, String student, Path picture) throws IOException {
        return append(stage, "samples.jsonl", """
                {"step":%d,"samples":[{"question":"how many are there","images":["%s"],"expected":"two","teacher":"two","student":"%s"}]}
                """.formatted(step, picture, student));
    }

    /** Appends text to a file of a stage. */
    public RunFixture append(String stage, String name, String text) throws IOException {
        Path file = Files.createDirectories(folder.resolve(stage)).resolve(name);
        Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        return this;
    }

    /** Ends a stage. */
    public RunFixture end(String stage) throws IOException {
        return append(stage, "stage.json", "{}\n");
    }

    /** Writes a run that has ended. */
    public static RunFixture whole(Path folder, Path picture) throws IOException {
        RunFixture run = new RunFixture(folder)
                .schedule("align", 40)
                .steps("align", 1, 40)
                .end("align");
        run.schedule("logits", 120).steps("logits", 1, 120).end("logits");
        for (int step : IntStream.of(1, 100, 120).toArray()) {
            run.samples("logits", step, step == 1 ? "a a a" : "two", picture);
        }
        return run;
    }
}
