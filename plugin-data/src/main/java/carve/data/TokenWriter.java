package carve.data;

import carve.api.data.SkippedSamples;
import carve.api.json.Json;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;

/**
 * Writes the tokens of documents into a folder. Numbers are little-endian.
 *
 * <pre>{@code
 * tokens      the tokens of all documents, unsigned, of 2 bytes each; of 4 if one of them needs it
 * ends        for each document where it ends among the tokens, 8 bytes each
 * weights     for each token its weight, F32; only where documents have weights
 * cache.json  {"version": 1, "width": 2, "documents": 7, "tokens": 1234, "weighted": false, "skipped": {REASON: {"count": 1,
 *             "examples": ["train.jsonl: line 3"]}}}; written last
 * }</pre>
 */
final class TokenWriter implements AutoCloseable {
    static final int VERSION = 1;
    static final String TOKENS = "tokens";
    static final String ENDS = "ends";
    static final String WEIGHTS = "weights";
    static final String DESCRIPTION = "cache.json";

    private static final int MAX_SHORT = 0xFFFF;
    private static final int BUFFER = 1 << 20;
    private static final int PIECE = 1 << 10;

    private final Path folder;
    private final boolean weighted;
    private final OutputStream ends;
    private final OutputStream weights;
    private OutputStream tokens;
    private int width = Short.BYTES;
    private long documents;
    private long count;

    TokenWriter(Path folder, boolean weighted) throws IOException {
        this.folder = folder;
        this.weighted = weighted;
        this.tokens = open(TOKENS);
        this.ends = open(ENDS);
        this.weights = weighted ? open(WEIGHTS) : OutputStream.nullOutputStream();
    }

    private OutputStream open(String name) throws IOException {
        return new BufferedOutputStream(Files.newOutputStream(folder.resolve(name)), BUFFER);
    }

    /** Writes a document. */
    void add(EncodedDocument document) throws IOException {
        int[] ids = document.tokens();
        for (int id : ids) {
            if (id < 0) {
                throw new IOException("token %d: images are not supported in texts".formatted(id));
            }
            if (width == Short.BYTES && id > MAX_SHORT) {
                widen();
            }
        }
        write(tokens, ids, width);
        if (weighted) {
            int[] bits = new int[ids.length];
            for (int t = 0; t < bits.length; t++) {
                bits[t] = Float.floatToRawIntBits(document.weights().length == 0 ? 1f : document.weights()[t]);
            }
            write(weights, bits, Float.BYTES);
        }
        count += ids.length;
        documents++;
        ends.write(ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(count)
                .array());
    }

    private static void write(OutputStream out, int[] values, int width) throws IOException {
        byte[] bytes = new byte[PIECE * width];
        for (int from = 0; from < values.length; from += PIECE) {
            int count = Math.min(PIECE, values.length - from);
            for (int i = 0; i < count * width; i++) {
                bytes[i] = (byte) (values[from + i / width] >>> i % width * Byte.SIZE);
            }
            out.write(bytes, 0, count * width);
        }
    }

    private static void put(OutputStream out, int value, int width) throws IOException {
        for (int i = 0; i < width; i++) {
            out.write(value >>> i * Byte.SIZE);
        }
    }

    private void widen() throws IOException {
        tokens.close();
        Path narrow = folder.resolve(TOKENS);
        Path wide = folder.resolve("wide");
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(wide), BUFFER);
                DataInputStream in =
                        new DataInputStream(new BufferedInputStream(Files.newInputStream(narrow), BUFFER))) {
            copy(in, out);
        }
        Files.move(wide, narrow, StandardCopyOption.REPLACE_EXISTING);
        tokens = new BufferedOutputStream(Files.newOutputStream(narrow, StandardOpenOption.APPEND), BUFFER);
        width = Integer.BYTES;
    }

    private static void copy(DataInputStream in, OutputStream out) throws IOException {
        try {
            while (true) {
                put(out, Short.toUnsignedInt(Short.reverseBytes(in.readShort())), Integer.BYTES);
            }
        } catch (EOFException _) {
            // that was the last token
        }
    }

    /** Writes the description, after which the folder is whole. */
    void finish(Map<String, SkippedSamples> skipped) throws IOException {
        close();
        JsonObject reasons = JsonObject.empty();
        for (Map.Entry<String, SkippedSamples> entry : skipped.entrySet()) {
            reasons = reasons.with(
                    entry.getKey(),
                    JsonObject.empty()
                            .with("count", entry.getValue().count())
                            .with(
                                    "examples",
                                    JsonArray.ofStrings(entry.getValue().examples())));
        }
        JsonObject description = JsonObject.empty()
                .with("version", VERSION)
                .with("width", width)
                .with("documents", documents)
                .with("tokens", count)
                .with("weighted", weighted)
                .with("skipped", reasons);
        Files.write(folder.resolve(DESCRIPTION), Json.print(description).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public void close() throws IOException {
        tokens.close();
        ends.close();
        weights.close();
    }
}
