package carve.data;

import carve.api.config.SettingsException;
import carve.api.data.SkippedSamples;
import carve.api.io.TemporaryFolder;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The tokens of documents in a folder that {@link TokenWriter} has written, mapped into memory. Safe for several threads. */
final class TokenStore implements AutoCloseable {
    private static final ValueLayout.OfShort SHORT =
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Arena arena = Arena.ofShared();
    private final List<TemporaryFolder> owned;
    private final int width;
    private final int documents;
    private final boolean weighted;
    private final Map<String, SkippedSamples> skipped;
    private final MemorySegment tokens;
    private final MemorySegment ends;
    private final MemorySegment weights;

    /**
     * Opens a folder.
     *
     * @param owned what is deleted when this is closed
     * @throws SettingsException if it is not as it was written
     */
    TokenStore(Path folder, List<TemporaryFolder> owned) {
        this.owned = List.copyOf(owned);
        try {
            JsonObject description = Json.readObject(folder.resolve(TokenWriter.DESCRIPTION));
            if (description.integer("version") != TokenWriter.VERSION) {
                throw description.error("version", "is not " + TokenWriter.VERSION);
            }
            width = description.integer("width");
            documents = description.integer("documents");
            weighted = description.flag("weighted");
            skipped = skipped(description.object("skipped"));
            long count = description.longInteger("tokens");
            tokens = map(folder.resolve(TokenWriter.TOKENS), count * width);
            ends = map(folder.resolve(TokenWriter.ENDS), (long) documents * Long.BYTES);
            weights = weighted ? map(folder.resolve(TokenWriter.WEIGHTS), count * Float.BYTES) : MemorySegment.NULL;
        } catch (IOException | JsonException e) {
            arena.close();
            throw new SettingsException(
                    "%s: tokens cannot be read; delete the folder, and they are made again: %s"
                            .formatted(folder, e.getMessage()),
                    e);
        }
    }

    private static Map<String, SkippedSamples> skipped(JsonObject reasons) {
        Map<String, SkippedSamples> skipped = new TreeMap<>();
        for (String reason : reasons.keys()) {
            JsonObject samples = reasons.object(reason);
            skipped.put(reason, new SkippedSamples(samples.longInteger("count"), samples.strings("examples")));
        }
        return skipped;
    }

    private MemorySegment map(Path file, long size) throws IOException {
        if (Files.size(file) != size) {
            throw new IOException("%s has %d bytes, not %d".formatted(file, Files.size(file), size));
        }
        try (FileChannel channel = FileChannel.open(file)) {
            return channel.map(FileChannel.MapMode.READ_ONLY, 0, size, arena);
        }
    }

    /** Returns the memory that lives as long as this. */
    Arena arena() {
        return arena;
    }

    /** Returns the number of documents. */
    int documents() {
        return documents;
    }

    /** Returns the number of tokens of all documents. */
    long tokens() {
        return documents == 0 ? 0 : end(documents - 1);
    }

    /** Returns whether tokens have weights. */
    boolean isWeighted() {
        return weighted;
    }

    /** Returns where a document begins among the tokens. */
    long start(int document) {
        return document == 0 ? 0 : end(document - 1);
    }

    /** Returns where a document ends. */
    long end(int document) {
        return ends.get(LONG, (long) document * Long.BYTES);
    }

    /** Copies tokens into an array. */
    void tokens(long from, int[] into, int at, int count) {
        for (int i = 0; i < count; i++) {
            long offset = (from + i) * width;
            into[at + i] =
                    width == Short.BYTES ? Short.toUnsignedInt(tokens.get(SHORT, offset)) : tokens.get(INT, offset);
        }
    }

    /** Copies weights into an array. */
    void weights(long from, float[] into, int at, int count) {
        for (int i = 0; i < count; i++) {
            into[at + i] = Float.intBitsToFloat(weights.get(INT, (from + i) * Float.BYTES));
        }
    }

    /** Returns whether one of the tokens after the first has a weight. */
    boolean isTrained(long from, int count) {
        if (!weighted || count == 1) {
            return true;
        }
        for (long t = from + 1; t < from + count; t++) {
            if (Float.intBitsToFloat(weights.get(INT, t * Float.BYTES)) > 0) {
                return true;
            }
        }
        return false;
    }

    /** Returns the rows of files that were left out, by reason. */
    Map<String, SkippedSamples> skipped() {
        return Map.copyOf(skipped);
    }

    @Override
    public void close() {
        arena.close();
        owned.forEach(TemporaryFolder::close);
    }
}
