package carve.data;

import carve.api.data.Dataset;
import carve.api.data.DatasetContext;
import carve.testkit.DatasetContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** The laws of data sets for {@code text}. */
final class TextDatasetContractTest extends DatasetContract {
    @TempDir
    private Path cache;

    @Override
    protected void write(Path folder) throws IOException {
        Files.writeString(folder.resolve("a.txt"), "the quick brown fox");
        Files.writeString(folder.resolve("b.jsonl"), "{\"text\": \"jumps over\"}\n{\"text\": \"the lazy dog\"}\n");
    }

    @Override
    protected Dataset open(Path folder, long seed) {
        return new TextDataProvider()
                .open(
                        TestData.settings(folder, cache, Map.of("validation", "1")),
                        new DatasetContext(new Letters(), seed));
    }
}
