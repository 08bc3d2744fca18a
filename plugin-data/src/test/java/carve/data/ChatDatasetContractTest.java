package carve.data;

import carve.api.data.Dataset;
import carve.testkit.DatasetContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;

/** The laws of data sets for {@code chat}. */
final class ChatDatasetContractTest extends DatasetContract {
    @TempDir
    private Path cache;

    @Override
    protected void write(Path folder) throws IOException {
        Files.writeString(folder.resolve("a.jsonl"), """
                {"instruction": "Hi", "output": "Hello."}
                {"conversations": [{"from": "human", "value": "1+1?"}, {"from": "gpt", "value": "2"}]}
                """);
    }

    @Override
    protected Dataset open(Path folder, long seed) {
        return TestData.chat(folder, cache, TestData.chatProcessor(), Map.of("shuffle", true), seed);
    }
}
