package carve.distill.data;

import carve.api.data.Dataset;
import carve.distill.TestParts;
import carve.testkit.DatasetContract;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The laws of data sets for {@code llava}. */
final class LlavaDatasetTest extends DatasetContract {
    static final String CONVERSATION = """
            {"id": "%s", "image": "%s.png", "conversations": [{"from": "human", "value": "what"}, {"from": "gpt", "value": "%s"}]}""";

    @Override
    protected void write(Path folder) throws IOException {
        Files.createDirectories(folder.resolve("pictures"));
        Files.writeString(folder.resolve("pictures/a.png"), "picture a");
        Files.writeString(folder.resolve("pictures/b.png"), "picture b");
        Files.writeString(
                folder.resolve("train.json"),
                "[%s,\n%s]\n"
                        .formatted(CONVERSATION.formatted("1", "a", "circle"), CONVERSATION.formatted("2", "b", "x")));
    }

    @Override
    protected Dataset open(Path folder, long seed) {
        return TestParts.data(
                "type = llava, file = \"%s/train.json\", image-folder = \"%s/pictures\"".formatted(folder, folder),
                new LetterSamples(),
                seed);
    }
}
