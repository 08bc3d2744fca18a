package carve.data;

import com.github.luben.zstd.ZstdInputStreamNoFinalizer;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongConsumer;
import java.util.zip.GZIPInputStream;

/**
 * A file with data, whose format its name tells: {@code .jsonl}, {@code .ndjson} and {@code .json} are JSON, {@code .parquet} is
 * Parquet, and all others are plain text; {@code .gz} and {@code .zst} after that are compressed.
 *
 * @param path where it is
 * @param format what it has
 */
record DataFile(Path path, Format format) {
    private static final int BUFFER = 1 << 16;

    /** The formats of files. */
    enum Format {
        /** Text, in UTF-8. */
        PLAIN,
        /** JSON lines, or one JSON array. */
        JSON,
        /** Parquet. */
        PARQUET
    }

    /** Returns the file at a path. */
    static DataFile of(Path path) {
        String name = path.getFileName().toString().toLowerCase(Locale.ROOT).replaceFirst("\\.(gz|zst)$", "");
        if (name.endsWith(".jsonl") || name.endsWith(".ndjson") || name.endsWith(".json")) {
            return new DataFile(path, Format.JSON);
        }
        return new DataFile(path, name.endsWith(".parquet") ? Format.PARQUET : Format.PLAIN);
    }

    /**
     * Returns the content, decompressed.
     *
     * @param read is told of numbers of bytes as they are read from the file
     */
    InputStream open(LongConsumer read) throws IOException {
        String name = path.toString().toLowerCase(Locale.ROOT);
        InputStream raw = new CountedInputStream(Files.newInputStream(path), read);
        try {
            InputStream in = new BufferedInputStream(raw, BUFFER);
            if (name.endsWith(".gz")) {
                return new BufferedInputStream(new GZIPInputStream(in, BUFFER), BUFFER);
            }
            return name.endsWith(".zst") ? new BufferedInputStream(new ZstdInputStreamNoFinalizer(in), BUFFER) : in;
        } catch (IOException e) {
            raw.close();
            throw e;
        }
    }
}
