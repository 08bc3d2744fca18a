package carve.app.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.app.TestDistribution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DataGenerateCommandTest {
    private static final String PROMPTS = """
            {"prompt": "hello there?"}
            {"messages": [{"role": "system", "content": "be kind"}, {"role": "user", "content": "say a word"}]}

            {"text": "go on."}
            {"prompt": "hm", "system": "be short"}
            """;

    private final CommandHarness carve = CommandHarness.installed();

    @TempDir
    private Path folder;

    private Path model;
    private Path prompts;

    @BeforeEach
    void writeModel() throws IOException {
        model = TinyChatModel.write(folder.resolve("model"));
        prompts = Files.writeString(folder.resolve("prompts.jsonl"), PROMPTS);
    }

    private String[] line(Path out, String... more) {
        List<String> line = new ArrayList<>(
                List.of("data", "generate", model.toString(), "--out", out.toString(), "--max-tokens", "20"));
        line.addAll(List.of(more));
        return line.toArray(String[]::new);
    }

    private String answers(String name, String... more) throws IOException {
        Path out = folder.resolve(name);
        carve.succeeds(line(out, more));
        return Files.readString(out);
    }

    private String answersToPrompts(String name, String... more) throws IOException {
        List<String> all = new ArrayList<>(List.of("--prompts", prompts.toString(), "--keep-truncated"));
        all.addAll(List.of(more));
        return answers(name, all.toArray(String[]::new));
    }

    @Test
    void answersDoNotDependOnTheBatchSize() throws IOException {
        String single = answersToPrompts("1.jsonl", "--samples-per-prompt", "3", "--batch", "1");
        String batched = answersToPrompts("5.jsonl", "--samples-per-prompt", "3", "--batch", "5");

        assertEquals(single, batched);
        assertEquals(12, single.lines().count());
        assertEquals(12, new HashSet<>(single.lines().toList()).size(), "samples of a prompt differ");
        assertNotEquals(single, answersToPrompts("7.jsonl", "--samples-per-prompt", "3", "--seed", "7"));
    }

    @Test
    void rowsAreConversationsThatEndWithTheAnswer() throws IOException {
        List<String> lines = answersToPrompts("a.jsonl").lines().toList();

        JsonObject row = Json.parseObject(lines.get(1), "row");
        List<String> roles = row.array("messages").items().stream()
                .map(message -> ((JsonObject) message).string("role"))
                .toList();
        assertEquals(List.of("system", "user", "assistant"), roles);
        assertTrue(List.of("stop", "length").contains(row.string("finish_reason")));
    }

    @Test
    void anInterruptedRunGoesOnToTheSameFile() throws IOException {
        String whole = answersToPrompts("whole.jsonl", "--samples-per-prompt", "3");
        Path out = folder.resolve("cut.jsonl");
        JsonObject run = Json.readObject(folder.resolve("whole.jsonl.run.json"));
        for (int rows : new int[] {0, 1, 5, 12}) {
            Files.deleteIfExists(out);
            // the cut comes in the middle of a line
            String kept = run + "\n"
                    + String.join("\n", whole.lines().limit(rows).toList()) + (rows == 0 ? "{" : "\n{\"mess");
            Files.writeString(folder.resolve("cut.jsonl.part"), kept);

            assertEquals(whole, answersToPrompts("cut.jsonl", "--samples-per-prompt", "3"), rows + " rows were there");
            assertFalse(Files.exists(folder.resolve("cut.jsonl.part")));
        }
    }

    @Test
    void aKilledProcessGoesOnToTheSameFile() throws IOException, InterruptedException {
        String[] more = {
            "--prompts", prompts.toString(), "--keep-truncated", "--samples-per-prompt", "40", "--batch", "2"
        };
        Path killed = folder.resolve("killed.jsonl");
        Path part = folder.resolve("killed.jsonl.part");
        Process process = TestDistribution.process(line(killed, more))
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("log").toFile())
                .start();
        while (process.isAlive() && (!Files.exists(part) || Files.size(part) < 3000)) {
            Thread.sleep(5);
        }
        process.destroyForcibly().waitFor();

        assertEquals(answers("whole.jsonl", more), answers("killed.jsonl", more));
    }

    @Test
    void aFileOfOtherSettingsIsRefused() throws IOException {
        answersToPrompts("a.jsonl");

        assertEquals(1, carve.run(line(folder.resolve("a.jsonl"), "--prompts", prompts.toString(), "--seed", "8")));
        assertTrue(carve.err().contains("holds answers of another run"), carve.err());
        assertEquals(
                0, carve.run(line(folder.resolve("a.jsonl"), "--prompts", prompts.toString(), "--keep-truncated")));
    }

    @Test
    void answersThatAreCutOffAreLeftOutAndCounted() throws IOException {
        String kept = answersToPrompts("kept.jsonl", "--samples-per-prompt", "30");
        String dropped = answers("dropped.jsonl", "--prompts", prompts.toString(), "--samples-per-prompt", "30");

        assertEquals(
                kept.lines()
                        .filter(row -> row.contains("\"stop\"") && !row.contains("\"content\":\"\"}]"))
                        .toList(),
                dropped.lines().toList());
        assertTrue(carve.err().contains("of 120 answers were left out"), carve.err());
    }

    @Test
    void badPromptsAreNamedBeforeAnythingIsWritten() throws IOException {
        Files.writeString(prompts, """
                {"prompt": "hello"}
                {"question": "hello"}
                {"prompt": " "}
                {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]}
                {"prompt": "a", "text": "b"}
                not json
                """);

        assertEquals(1, carve.run(line(folder.resolve("a.jsonl"), "--prompts", prompts.toString())));
        String error = carve.err().replace(prompts.toString(), "prompts.jsonl");
        assertTrue(error.startsWith("""
                carve: prompts.jsonl: line 2: must have one of messages, prompt, text; its keys are question
                prompts.jsonl: line 3: the prompt is empty
                prompts.jsonl: line 4: ends with a message of the assistant, which is to be generated; leave that message out
                prompts.jsonl: line 5: must have one of messages, prompt, text; its keys are prompt, text
                prompts.jsonl: line 6"""), error);
        assertFalse(Files.exists(folder.resolve("a.jsonl.part")));
    }

    @Test
    void theModelMakesPromptsAndAnswersThem() throws IOException {
        String[] more = {"--count", "40", "--keep-truncated"};
        List<String> rows = answers("own.jsonl", more).lines().toList();

        assertFalse(rows.isEmpty());
        assertEquals(String.join("\n", rows) + "\n", answers("again.jsonl", more));
        JsonObject row = Json.parseObject(rows.getFirst(), "row");
        assertEquals(2, row.array("messages").items().size());
    }

    @Test
    void aModelWithoutATemplateContinuesTexts() throws IOException {
        model = TinyChatModel.base(folder.resolve("base"));
        assertEquals(1, carve.run(line(folder.resolve("a.jsonl"), "--count", "3")));
        assertTrue(carve.err().contains("--raw"), carve.err());

        List<String> rows =
                answers("raw.jsonl", "--raw", "--count", "7").lines().toList();
        assertTrue(rows.stream().allMatch(row -> row.startsWith("{\"text\":")), rows.toString());
        assertTrue(rows.size() >= 5, rows.toString());
    }

    @Test
    void manySamplesOfTheMostProbableTokenAreRefused() {
        assertEquals(1, carve.run(line(folder.resolve("a.jsonl"), "--count", "3", "--temperature", "0")));
        assertTrue(carve.err().contains("the temperature is 0; give --temperature"), carve.err());
    }
}
