package carve.runtime.eval.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScienceQaTest {
    private static final double EXACT = 1e-9;
    private static final String PROBLEMS = """
            {"1": {"question": "Which is hot?", "choices": ["ice", "fire"], "answer": 1, "hint": "", "image": "image.png",
                   "grade": "grade2", "subject": "natural science", "split": "test"},
             "2": {"question": "Which came first?", "choices": ["a", "b", "c"], "answer": 0, "hint": "It is long ago.",
                   "image": null, "grade": "grade11", "subject": "social science", "split": "test"},
             "3": {"question": "Which is a noun?", "choices": ["run", "dog"], "answer": 1, "hint": "", "image": null,
                   "grade": "grade6", "subject": "language science", "split": "test"},
             "4": {"question": "Which?", "choices": ["x", "y"], "answer": 0, "hint": "", "image": null, "split": "val"}}
            """;

    @TempDir
    private Path folder;

    private final ScienceQa science = new ScienceQa();

    private List<Question> items() throws IOException {
        SuiteFixtures.write(folder.resolve("problems.json"), PROBLEMS);
        SuiteFixtures.write(folder.resolve("pid_splits.json"), "{\"test\": [\"1\", \"2\", \"3\"], \"val\": [\"4\"]}");
        SuiteFixtures.pictures(folder, "images/test/1/image.png");
        return science.read(SuiteFixtures.source(folder));
    }

    @Test
    void accuracyIsBrokenDownAsTheAuthorsDo() throws IOException {
        Map<String, String> said = Map.of("1", "B", "2", "The answer is B.", "3", "B. dog");
        SuiteScores suiteScores = science.score(SuiteFixtures.answers(items(), said::get));
        assertEquals(200.0 / 3, suiteScores.value("all", "accuracy"), EXACT);
        assertEquals(100, suiteScores.value("with picture (IMG)", "accuracy"), EXACT);
        assertEquals(50, suiteScores.value("without picture", "accuracy"), EXACT);
        assertEquals(0, suiteScores.value("with text (TXT)", "accuracy"), EXACT);
        assertEquals(100, suiteScores.value("no context (NO)", "accuracy"), EXACT);
        assertEquals(0, suiteScores.value("subject: social", "accuracy"), EXACT);
        assertEquals(100, suiteScores.value("grades 1-6", "accuracy"), EXACT);
        assertEquals(0, suiteScores.value("grades 7-12", "accuracy"), EXACT);
    }

    @Test
    void lettersAreReadAsLlavaReadsThem() {
        assertEquals("A", ScienceQa.letter("A", 2));
        assertEquals("B", ScienceQa.letter("B. because", 2));
        assertEquals("B", ScienceQa.letter("B\nbecause", 2));
        assertEquals("C", ScienceQa.letter("I think. The answer is C", 3));
        assertEquals("", ScienceQa.letter("C", 2), "there is no such choice");
        assertEquals("", ScienceQa.letter("It is B", 2));
    }

    @Test
    void promptsHaveHintAndOptionsOrLlavasOwnWords() throws IOException {
        PromptTemplate promptTemplate = PromptTemplate.of("llava", "scienceqa");
        assertEquals(
                "It is long ago.\nWhich came first?\nA. a\nB. b\nC. c\n"
                        + "Answer with the option's letter from the given choices directly.",
                promptTemplate.of(items().get(1)));
        SuiteFixtures.write(folder.resolve("llava_test_CQM-A.json"), """
                [{"id": "1", "image": "1/image.png", "conversations": [
                  {"from": "human", "value": "<image>\\nContext: N/A\\nWhich is hot?\\nA. ice\\nB. fire"},
                  {"from": "gpt", "value": "B"}]}]
                """);
        Question whole = science.read(SuiteFixtures.source(folder)).getFirst();
        assertEquals(
                "Context: N/A\nWhich is hot?\nA. ice\nB. fire\n"
                        + "Answer with the option's letter from the given choices directly.",
                promptTemplate.of(whole));
        assertEquals(100, science.score(List.of(new Prediction(whole, "B"))).value("all", "accuracy"), EXACT);
    }

    @Test
    void anAnswerOutsideTheChoicesIsRefused() throws IOException {
        SuiteFixtures.write(
                folder.resolve("problems.json"), "{\"1\": {\"question\": \"?\", \"choices\": [\"a\"], \"answer\": 1}}");
        SuiteFixtures.write(folder.resolve("pid_splits.json"), "{\"test\": [\"1\"]}");
        assertEquals(
                "problems.json: 1.answer: is 1, but there are 1 choices",
                assertThrows(SuiteException.class, () -> science.read(SuiteFixtures.source(folder)))
                        .getMessage());
    }
}
