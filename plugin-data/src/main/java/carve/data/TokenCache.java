package carve.data;

import carve.api.CarveException;
import carve.api.config.SettingsException;
import carve.api.data.DatasetContext.Phases;
import carve.api.io.TemporaryFolder;
import carve.api.json.JsonObject;
import carve.api.stage.ProgressListener;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.System.Logger.Level;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongConsumer;

/**
 * The cache of tokens: a folder for each digest of the contents of files, the tokenizer, and settings. A folder appears whole or not
 * at all. Documents are read and written one by one, so that data may be larger than memory.
 *
 * @param root the folder of the cache
 * @param onError what becomes of rows that cannot be used
 * @param phases shows the work
 */
record TokenCache(Path root, OnError onError, Phases phases) {
    private static final System.Logger LOG = System.getLogger(TokenCache.class.getName());
    private static final String BYTES = "bytes";

    /**
     * Returns the tokens of files, from the cache if they are there.
     *
     * @param tokenizer the digest of what encodes; without it tokens are made anew, and deleted when they are closed
     * @throws SettingsException if rows cannot be used, or a file cannot be read
     */
    TokenStore open(List<DataFile> files, DocumentEncoder encoder, Optional<String> tokenizer) {
        try {
            Files.createDirectories(root);
            if (tokenizer.isEmpty()) {
                TemporaryFolder folder = TemporaryFolder.create("tokens");
                write(files, encoder, folder.path());
                return new TokenStore(folder.path(), List.of(folder));
            }
            Path folder = root.resolve(key(files, encoder, tokenizer.get()));
            if (Files.isDirectory(folder)) {
                return opened(folder, "reused from");
            }
            make(files, encoder, folder);
            return opened(folder, "kept in");
        } catch (IOException | UncheckedIOException e) {
            throw new SettingsException("data: cannot be tokenised: " + e.getMessage(), e);
        }
    }

    private static TokenStore opened(Path folder, String verb) {
        TokenStore store = new TokenStore(folder, List.of());
        LOG.log(Level.INFO, "data: {0} documents, {1} tokens {2} {3}", store.documents(), store.tokens(), verb, folder);
        return store;
    }

    private String key(List<DataFile> files, DocumentEncoder encoder, String tokenizer) throws IOException {
        List<String> texts = new ArrayList<>(List.of(
                "version " + TokenWriter.VERSION,
                tokenizer,
                encoder.settings(),
                onError.name().toLowerCase(Locale.ROOT)));
        phases.run("reading data", BYTES, listener -> {
            LongConsumer progress = progress(listener, files);
            for (DataFile file : files) {
                texts.add("%s %s".formatted(file.format(), digest(file.path(), progress)));
            }
        });
        return HexFormat.of().formatHex(sha256().digest(String.join("\n", texts).getBytes(StandardCharsets.UTF_8)));
    }

    private static String digest(Path file, LongConsumer progress) {
        MessageDigest digest = sha256();
        try (InputStream in =
                new DigestInputStream(new CountedInputStream(Files.newInputStream(file), progress), digest)) {
            in.transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            throw new UncheckedIOException("%s: %s".formatted(file, e.getMessage()), e);
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new SettingsException("SHA-256 is missing in this JDK: " + e.getMessage(), e);
        }
    }

    private void make(List<DataFile> files, DocumentEncoder encoder, Path folder) throws IOException {
        try (TemporaryFolder temporary = TemporaryFolder.create(root, "tokens")) {
            Path made = Files.createDirectory(temporary.resolve("made"));
            write(files, encoder, made);
            try {
                Files.move(made, folder, StandardCopyOption.ATOMIC_MOVE);
            } catch (IOException e) {
                // another run may have been faster
                if (!Files.isDirectory(folder)) {
                    throw e;
                }
            }
        }
    }

    private void write(List<DataFile> files, DocumentEncoder encoder, Path folder) throws IOException {
        try (TokenWriter writer = new TokenWriter(folder, encoder.isWeighted())) {
            BadRows bad = new BadRows(onError);
            Sink sink = new Sink(encoder, writer, bad);
            phases.run("tokenizing", BYTES, listener -> {
                LongConsumer progress = progress(listener, files);
                files.forEach(file -> read(file, encoder, sink, progress));
            });
            bad.requireNone(sink.rows);
            writer.finish(bad.skipped());
        }
    }

    private static LongConsumer progress(ProgressListener listener, List<DataFile> files) {
        long total = files.stream().mapToLong(file -> size(file.path())).sum();
        long[] done = new long[1];
        return bytes -> {
            done[0] += bytes;
            listener.step(done[0], total);
        };
    }

    private static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException("%s: %s".formatted(file, e.getMessage()), e);
        }
    }

    private static void read(DataFile file, DocumentEncoder encoder, RowSink sink, LongConsumer progress) {
        try {
            switch (file.format()) {
                case PLAIN -> encoder.readPlain(file, sink, progress);
                case JSON -> JsonRows.read(file, sink, progress);
                case PARQUET -> ParquetRows.read(file, encoder.columns(), sink, progress);
            }
        } catch (IOException e) {
            sink.bad(file.path().toString(), "cannot be read: " + e.getMessage());
        }
    }

    private static final class Sink implements RowSink {
        private final DocumentEncoder encoder;
        private final TokenWriter writer;
        private final BadRows bad;
        private long rows;

        private Sink(DocumentEncoder encoder, TokenWriter writer, BadRows bad) {
            this.encoder = encoder;
            this.writer = writer;
            this.bad = bad;
        }

        @Override
        public void row(String place, JsonObject row) {
            rows++;
            EncodedDocument document;
            try {
                document = encoder.encode(row);
            } catch (IllegalArgumentException | CarveException e) {
                bad.add(place, String.valueOf(e.getMessage()));
                return;
            }
            if (document.tokens().length == 0) {
                bad.skip("empty", place);
                return;
            }
            try {
                writer.add(document);
            } catch (IOException e) {
                throw new SettingsException("data: tokens cannot be written: " + e.getMessage(), e);
            }
        }

        @Override
        public void bad(String place, String reason) {
            rows++;
            bad.add(place, reason);
        }
    }
}
