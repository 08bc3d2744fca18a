package carve.models.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.models.text.ChatTurn;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** LLaVA-style files are read as they are in the wild, and all that is wrong with one is said at once. */
class LlavaFileTest {
    @TempDir
    private Path folder;

    @Test
    void conversationsAreRead() throws IOException {
        Path file = write("""
                [{"id": "a", "image": "x/1.png", "model": "other keys do no harm", "kind": "count", "conversations": [
                    {"from": "human", "value": "<image>\\nhow many?"}, {"from": "gpt", "value": "two"},
                    {"from": "human", "value": "sure?"}, {"from": "gpt", "value": "yes"}]},
                 {"id": 7, "image": ["1.png", "2.png"], "conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
                 {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]}]
                """);
        assertEquals(
                List.of(
                        new LlavaSample(
                                "a",
                                "count",
                                List.of(folder.resolve("x/1.png")),
                                List.of(new ChatTurn("<image>\nhow many?", "two"), new ChatTurn("sure?", "yes"))),
                        new LlavaSample(
                                "7",
                                "",
                                List.of(folder.resolve("1.png"), folder.resolve("2.png")),
                                List.of(new ChatTurn("q", "a"))),
                        new LlavaSample("2", "", List.of(), List.of(new ChatTurn("q", "a")))),
                LlavaFile.read(file));
        assertEquals(
                List.of(Path.of("/pictures/x/1.png")),
                LlavaFile.read(file, Path.of("/pictures")).getFirst().images());
    }

    @Test
    void allProblemsAreReportedAtOnce() throws IOException {
        Path file = write("""
                [{"id": "a"},
                 {"conversations": [{"from": "gpt", "value": "two"}]},
                 {"conversations": [{"from": "human", "value": "two?"}]},
                 {"conversations": ["two"]},
                 {"conversations": [{"from": "human", "value": "q"}, {"from": "gpt", "value": "a"}]},
                 "b"]
                """);
        assertEquals(
                file + ": 5 of 6 conversations are invalid\n"
                        + "  [0]: data.json: [0].conversations: expected an array, found no such key\n"
                        + "  [1]: conversations[0]: expected a message from 'human', found one from 'gpt'\n"
                        + "  [2]: conversations: expected questions with answers, found 1 messages\n"
                        + "  [3]: conversations[0]: expected an object, found \"two\"\n"
                        + "  [5]: expected an object, found \"b\"",
                message(file));
    }

    @Test
    void aFileOfAnotherKindIsNamed() throws IOException {
        Path file = write("{}");
        assertEquals(file + ": expected an array of conversations", message(file));
        assertEquals(folder.resolve("none.json") + ": no such file", message(folder.resolve("none.json")));
    }

    private String message(Path file) {
        return assertThrows(DataException.class, () -> LlavaFile.read(file)).getMessage();
    }

    private Path write(String json) throws IOException {
        return Files.writeString(folder.resolve("data.json"), json);
    }
}
