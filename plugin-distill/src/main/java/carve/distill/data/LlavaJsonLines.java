package carve.distill.data;

import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonException;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * The conversations of a file of JSON lines, of which only the places are kept: a line is read when it is asked for. All are
 * read once at first, so that whatever is wrong is told before anything begins.
 */
final class LlavaJsonLines extends AbstractList<LlavaConversation> {
    private static final int SHOWN = 20;
    private static final int BUFFER = 1 << 20;

    private final Path file;
    private final Path root;
    private long[] starts = new long[64];
    private int[] lines = new int[64];
    private int size;

    /**
     * Goes over a file.
     *
     * @param root the folder that names of pictures are relative to
     * @throws SettingsException if it cannot be read; the message has all problems, the first 20 in full
     */
    LlavaJsonLines(Path file, Path root) {
        this.file = file;
        this.root = root;
        List<String> problems = new ArrayList<>();
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), BUFFER)) {
            index(in, problems);
        } catch (IOException e) {
            throw new SettingsException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
        }
        if (!problems.isEmpty()) {
            throw new SettingsException("%s: %d conversations cannot be used\n  %s"
                    .formatted(
                            file,
                            problems.size(),
                            String.join("\n  ", problems.subList(0, Math.min(SHOWN, problems.size())))));
        }
    }

    private void index(InputStream in, List<String> problems) throws IOException {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        long start = 0;
        int line = 1;
        int next;
        do {
            next = in.read();
            if (next >= 0 && next != '\n') {
                text.write(next);
                continue;
            }
            byte[] bytes = text.toByteArray();
            if (!new String(bytes, StandardCharsets.UTF_8).isBlank()) {
                add(start, line);
                check(bytes, line, problems);
            }
            start += bytes.length + 1L;
            line++;
            text.reset();
        } while (next >= 0);
    }

    private void add(long start, int line) {
        if (size == starts.length) {
            starts = Arrays.copyOf(starts, 2 * size);
            lines = Arrays.copyOf(lines, 2 * size);
        }
        starts[size] = start;
        lines[size] = line;
        size++;
    }

    private void check(byte[] bytes, int line, List<String> problems) {
        try {
            conversation(bytes, line);
        } catch (JsonException e) {
            problems.add(e.getMessage());
        }
    }

    private LlavaConversation conversation(byte[] bytes, int line) {
        String place = "%s: line %d".formatted(file.getFileName(), line);
        LlavaConversation read = LlavaJsonFile.conversation(Json.parseObject(bytes, place), line);
        return read.withImageFolder(root);
    }

    @Override
    public LlavaConversation get(int index) {
        Objects.checkIndex(index, size);
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
            open.seek(starts[index]);
            byte[] piece = new byte[1 << 12];
            int count = open.read(piece);
            while (count > 0) {
                int end = newline(piece, count);
                text.write(piece, 0, end);
                count = end < count ? 0 : open.read(piece);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
        }
        return conversation(text.toByteArray(), lines[index]);
    }

    private static int newline(byte[] piece, int count) {
        int end = 0;
        while (end < count && piece[end] != '\n') {
            end++;
        }
        return end;
    }

    @Override
    public int size() {
        return size;
    }
}
