package carve.runtime.eval.suite;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The answers of a run in a file of JSON lines, written as they come, so that a run that was killed goes on.
 *
 * <p>The first line is an object that says what the run is ({@code suite}, {@code data}, {@code model}, {@code prompts}...); every
 * other one is an answer: {@code id}, {@code prompt}, {@code answer} and {@code expected}. A last line without its end was cut
 * off by a kill and is dropped. Other runs' files are refused.
 */
public final class PredictionStore implements AutoCloseable {
    private final Map<String, String> answers = new LinkedHashMap<>();
    private final List<FileChannel> file;

    private PredictionStore(List<FileChannel> file) {
        this.file = file;
    }

    /** Returns predictions that no file keeps. */
    public static PredictionStore inMemory() {
        return new PredictionStore(List.of());
    }

    /**
     * Opens a file, new or of the same run.
     *
     * @param run what the run is
     * @throws SuiteException if the file is of another run, or not of this form
     */
    public static PredictionStore open(Path path, JsonObject run) throws IOException {
        if (path.toAbsolutePath().getParent() != null) {
            Files.createDirectories(path.toAbsolutePath().getParent());
        }
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        PredictionStore predictionStore = new PredictionStore(List.of(channel));
        try {
            predictionStore.read(path, channel, run);
            return predictionStore;
        } catch (SuiteException | IOException e) {
            channel.close();
            throw e;
        }
    }

    private void read(Path path, FileChannel channel, JsonObject run) throws IOException {
        String text = Files.readString(path);
        String whole = text.substring(0, text.lastIndexOf('\n') + 1);
        long end = whole.getBytes(StandardCharsets.UTF_8).length;
        channel.truncate(end);
        channel.position(end);
        List<String> lines = whole.lines().toList();
        if (lines.isEmpty()) {
            write(run);
        }
        for (int i = 0; i < lines.size(); i++) {
            String place = SuiteData.location(path, i + 1);
            try {
                JsonObject line = Json.parseObject(lines.get(i), place);
                if (i > 0) {
                    answers.put(line.string("id"), line.string("answer"));
                } else if (!line.equals(run)) {
                    throw new SuiteException(
                            "%s: holds answers of another run, %s, but this one is %s; give another file"
                                    .formatted(place, line, run));
                }
            } catch (JsonException e) {
                throw new SuiteException(e.getMessage(), e);
            }
        }
    }

    /** Returns the answers by question. */
    public Map<String, String> answers() {
        return answers;
    }

    /** Keeps an answer. */
    public void add(Question item, String prompt, String answer) {
        answers.put(item.id(), answer);
        write(JsonObject.empty()
                .with("id", item.id())
                .with("prompt", prompt)
                .with("answer", answer)
                .with("expected", String.join(" | ", item.answers())));
    }

    private void write(JsonObject line) {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        for (FileChannel channel : file) {
            try {
                while (bytes.hasRemaining()) {
                    channel.write(bytes);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("answers cannot be written: " + e.getMessage(), e);
            }
        }
    }

    @Override
    public void close() throws IOException {
        for (FileChannel channel : file) {
            channel.close();
        }
    }
}
