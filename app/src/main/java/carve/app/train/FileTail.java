package carve.app.train;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * A file of lines that another process appends to. Each look reads what was added since the last one; a line without an end is
 * left for later. A file that was replaced or has become shorter, as a resumed run makes it, is read anew.
 */
final class FileTail {
    private static final int PIECE = 1 << 20;

    private final Path file;
    private String identity = "";
    private long offset;
    private byte[] rest = new byte[0];

    FileTail(Path file) {
        this.file = file;
    }

    /**
     * The result of a look.
     *
     * @param fromStart whether the lines are the file's first ones, and what was known is void
     * @param lines the whole lines
     */
    record NewLines(boolean fromStart, List<String> lines) {}

    Path path() {
        return file;
    }

    /** Returns the lines that were added since the last look. */
    NewLines poll() throws IOException {
        if (!Files.isRegularFile(file)) {
            boolean known = offset > 0;
            reset("");
            return new NewLines(known, List.of());
        }
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        String found = Objects.toString(attributes.fileKey());
        boolean anew = !found.equals(identity) || attributes.size() < offset;
        if (anew) {
            reset(found);
        }
        return new NewLines(anew, attributes.size() == offset ? List.of() : read(attributes.size()));
    }

    private void reset(String found) {
        identity = found;
        offset = 0;
        rest = new byte[0];
    }

    private List<String> read(long size) throws IOException {
        List<String> lines = new ArrayList<>();
        try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "r")) {
            open.seek(offset);
            while (offset < size) {
                byte[] piece = new byte[(int) Math.min(PIECE, size - offset)];
                int read = open.read(piece);
                if (read < 0) {
                    break;
                }
                offset += read;
                split(read == piece.length ? piece : Arrays.copyOf(piece, read), lines);
            }
        }
        return lines;
    }

    private void split(byte[] piece, List<String> lines) {
        byte[] all = Arrays.copyOf(rest, rest.length + piece.length);
        System.arraycopy(piece, 0, all, rest.length, piece.length);
        int begin = 0;
        for (int i = rest.length; i < all.length; i++) {
            if (all[i] == '\n') {
                lines.add(new String(all, begin, i - begin, StandardCharsets.UTF_8));
                begin = i + 1;
            }
        }
        rest = Arrays.copyOfRange(all, begin, all.length);
    }
}
