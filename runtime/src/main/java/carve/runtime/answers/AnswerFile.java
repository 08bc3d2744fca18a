package carve.runtime.answers;

import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A file of answers that a killed run goes on with.
 *
 * <p>Until it is complete the answers are in {@code FILE.part}: JSON lines, the first of which says what the run is; each other one is
 * the row of an answer with {@value #REASON}, in the order of the answers. A last line without its end was cut off by a kill and is
 * dropped. Completing it writes the rows that are wanted to FILE, which appears all at once, and what the run is to {@code
 * FILE.run.json}; FILE.part goes.
 */
public final class AnswerFile implements AutoCloseable {
    /** The key that says why an answer ended: {@code stop} or {@code length}. */
    public static final String REASON = "finish_reason";

    private final Path file;
    private final Path part;
    private final JsonObject run;
    private final boolean complete;
    private final List<FileChannel> channel = new ArrayList<>();
    private long answers;

    private AnswerFile(Path file, JsonObject run, boolean complete) {
        this.file = file;
        this.part = beside(file, ".part");
        this.run = run;
        this.complete = complete;
    }

    /**
     * Opens a file, new or of the same run.
     *
     * @param run what the run is: all that answers depend on
     * @throws AnswerException if the file is of another run, or not of this form
     * @throws IOException if it cannot be read or written
     */
    public static AnswerFile open(Path file, JsonObject run) throws IOException {
        Path absolute = file.toAbsolutePath();
        Files.createDirectories(absolute.getParent());
        Path kept = beside(absolute, ".run.json");
        boolean unfinished = Files.exists(beside(absolute, ".part"));
        if (Files.exists(absolute) && !unfinished) {
            requireSame(file, Files.exists(kept) ? Json.readObject(kept) : JsonObject.empty(), run);
        }
        AnswerFile opened = new AnswerFile(absolute, run, Files.exists(absolute) && !unfinished);
        try {
            opened.openPart();
            return opened;
        } catch (AnswerException | IOException e) {
            opened.close();
            throw e;
        }
    }

    private static Path beside(Path file, String end) {
        return file.resolveSibling(file.getFileName() + end);
    }

    private static void requireSame(Path file, JsonObject found, JsonObject run) {
        if (!found.equals(run)) {
            throw new AnswerException("%s: %s, but this one is %s; give another file, or delete it"
                    .formatted(
                            file,
                            found.keys().isEmpty()
                                    ? "was not made by a run that says what it is"
                                    : "holds answers of another run, " + found,
                            run));
        }
    }

    private void openPart() throws IOException {
        if (complete) {
            return;
        }
        FileChannel opened =
                FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        channel.add(opened);
        long end = wholeLines();
        opened.truncate(end);
        opened.position(end);
        if (end == 0) {
            write(run);
            return;
        }
        try (BufferedReader lines = Files.newBufferedReader(part)) {
            requireSame(part, Json.parseObject(lines.readLine(), part + ": line 1"), run);
            answers = lines.lines().count();
        } catch (JsonException e) {
            throw new AnswerException(e.getMessage(), e);
        }
    }

    // the bytes up to and with the last end of a line
    private long wholeLines() throws IOException {
        try (RandomAccessFile read = new RandomAccessFile(part.toFile(), "r")) {
            long end = read.length();
            while (end > 0) {
                read.seek(end - 1);
                if (read.read() == '\n') {
                    return end;
                }
                end--;
            }
            return 0;
        }
    }

    /** Returns whether all answers were there when the file was opened. */
    public boolean isComplete() {
        return complete;
    }

    /** Returns how many answers are there. */
    public long answers() {
        return answers;
    }

    /** Adds the next answer. */
    void add(JsonObject row) {
        write(row);
        answers++;
    }

    private void write(JsonObject line) {
        ByteBuffer bytes = ByteBuffer.wrap((line + "\n").getBytes(StandardCharsets.UTF_8));
        try {
            while (bytes.hasRemaining()) {
                channel.getFirst().write(bytes);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("%s cannot be written: %s".formatted(part, e.getMessage()), e);
        }
    }

    /**
     * Completes the file with the rows that are wanted.
     *
     * @return how many these are
     * @throws IOException if it cannot be written
     */
    public long complete(Predicate<JsonObject> wanted) throws IOException {
        Path staged = beside(file, ".tmp");
        long kept = 0;
        try (BufferedReader lines = Files.newBufferedReader(part);
                BufferedWriter out = Files.newBufferedWriter(staged)) {
            lines.readLine(); // what the run is
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                if (wanted.test(Json.parseObject(line, part.toString()))) {
                    out.write(line + "\n");
                    kept++;
                }
            }
        }
        Files.writeString(beside(file, ".run.json"), Json.print(run) + "\n");
        Files.move(staged, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Files.delete(part);
        return kept;
    }

    @Override
    public void close() throws IOException {
        for (FileChannel opened : channel) {
            opened.close();
        }
    }
}
