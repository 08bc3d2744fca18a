package carve.distill.data;

import carve.api.data.Dataset;
import carve.distill.TestParts;
import carve.testkit.DatasetContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The laws of data sets for {@code internvl}. */
final class InternVlDatasetTest extends DatasetContract {
    @Override
    protected void write(Path folder) throws IOException {
        Files.createDirectories(folder.resolve("pictures"));
        Files.writeString(folder.resolve("pictures/a.png"), "picture a");
        Files.writeString(
                folder.resolve("one.jsonl"),
                LlavaDatasetTest.CONVERSATION.formatted("1", "pictures/a", "circle") + "\n");
        Files.writeString(
                folder.resolve("two.json"),
                "[" + LlavaDatasetTest.CONVERSATION.formatted("2", "pictures/a", "x") + "]");
        Files.writeString(folder.resolve("meta.json"), """
                {"one": {"root": ".", "annotation": "one.jsonl", "repeat_time": 2},
                 "two": {"root": ".", "annotation": "two.json"}}
                """);
    }

    @Override
    protected Dataset open(Path folder, long seed) {
        return TestParts.data("type = internvl, file = \"%s/meta.json\"".formatted(folder), new LetterSamples(), seed);
    }
}
