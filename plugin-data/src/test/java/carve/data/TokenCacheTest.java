package carve.data;

import static carve.testkit.LoggedAssumptions.assumeTrue;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.data.Dataset;
import carve.api.data.DatasetContext;
import carve.api.stage.ProgressListener;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tokens are made once for the same files, tokenizer and settings. */
final class TokenCacheTest {
    @TempDir
    private Path folder;

    @TempDir
    private Path cache;

    private final List<String> phases = new ArrayList<>();

    @BeforeEach
    void write() throws IOException {
        Files.writeString(folder.resolve("a.txt"), "one\n\ntwo\n\nthree and more");
    }

    private void open(Map<String, Object> others, Letters tokenizer) {
        DatasetContext context = new DatasetContext(
                tokenizer,
                42,
                (name, _, work) -> {
                    phases.add(name);
                    work.accept(ProgressListener.NONE);
                },
                DatasetContext.Opener.NONE);
        try (Dataset data = new TextDataProvider().open(TestData.settings(folder, cache, others), context)) {
            assertTrue(data.size() > 0);
        }
    }

    private Set<String> folders() throws IOException {
        try (Stream<Path> files = Files.list(cache)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toSet());
        }
    }

    @Test
    void theSecondRunReusesTokens() throws IOException {
        open(Map.of(), new Letters());
        open(Map.of("packing", "pack", "max-length", 5, "validation", "none"), new Letters());
        assertEquals(List.of("reading data", "tokenizing", "reading data"), phases);
        assertEquals(1, folders().size());
    }

    @Test
    void everyInputCounts() throws IOException {
        open(Map.of(), new Letters());
        Set<String> names = new HashSet<>(folders());
        List<Map<String, Object>> settings = List.of(
                Map.of("eos", false),
                Map.of("bos", true),
                Map.of("split", "paragraphs"),
                Map.of("column", "body"),
                Map.of("parse-special-tokens", true),
                Map.of("on-error", "skip"));
        for (Map<String, Object> each : settings) {
            open(each, new Letters());
            assertTrue(names.addAll(folders()), each::toString);
            names.addAll(folders());
        }
        open(Map.of(), new Letters() {
            @Override
            public Optional<String> digest() {
                return Optional.of("other letters");
            }
        });
        assertTrue(names.addAll(folders()), "tokenizer");
        Files.writeString(folder.resolve("a.txt"), "one\n\ntwo\n\nthree and mora");
        open(Map.of(), new Letters());
        assertTrue(names.addAll(folders()), "content");
        Files.move(folder.resolve("a.txt"), folder.resolve("b.txt"));
        open(Map.of(), new Letters());
        assertEquals(names, folders());
    }

    @Test
    void tokensOfAnUnknownTokenizerAreNotKept() throws IOException {
        open(Map.of(), new Letters() {
            @Override
            public Optional<String> digest() {
                return Optional.empty();
            }
        });
        assertEquals(Set.of(), folders());
    }

    @Test
    void dataLargerThanTheHeapStreams() throws IOException {
        long heap = Runtime.getRuntime().maxMemory();
        assumeTrue(heap <= 256 << 20, "the heap of the tests is larger than 256 MiB: " + heap);
        byte[] line = "{\"text\": \"%s\"}\n".formatted("x".repeat(1 << 16)).getBytes(StandardCharsets.UTF_8);
        long lines = heap / line.length * 5 / 4;
        try (var out = Files.newOutputStream(folder.resolve("large.jsonl"))) {
            for (long i = 0; i < lines; i++) {
                out.write(line);
            }
        }
        open(Map.of("files", folder.resolve("large.jsonl").toString()), new Letters());
    }
}
