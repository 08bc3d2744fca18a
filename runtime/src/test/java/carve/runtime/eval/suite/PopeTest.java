package carve.runtime.eval.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PopeTest {
    private static final double EXACT = 1e-9;

    @TempDir
    private Path folder;

    private final Pope pope = new Pope();

    private static String line(int id, String label) {
        return """
                {"question_id": %d, "image": "p.png", "text": "Is there a dog?", "label": "%s"}
                """.formatted(id, label);
    }

    @Test
    void figuresAreThoseOfThePositiveClass() throws IOException {
        SuiteFixtures.pictures(folder, "p.png");
        SuiteFixtures.write(
                folder.resolve("coco_pope_random.json"),
                line(1, "yes") + line(2, "yes") + line(3, "no") + line(4, "no"));
        SuiteFixtures.write(folder.resolve("coco_pope_popular.json"), line(1, "yes"));
        List<Question> items = pope.read(SuiteFixtures.source(folder));
        assertEquals(
                List.of("popular/1", "random/1", "random/2", "random/3", "random/4"),
                items.stream().map(Question::id).toList());
        Map<String, String> said = Map.of(
                "popular/1", "No, there is none.",
                "random/1", "Yes.",
                "random/2", "There is not one.",
                "random/3", "Yes, no doubt",
                "random/4", "A cat. There is no dog");
        SuiteScores suiteScores = pope.score(SuiteFixtures.answers(items, said::get));
        // of random: yes is right, no is wrong, no is right ("Yes, no doubt" has the word no), yes is wrong (first
        // sentence)
        assertEquals(50, suiteScores.value("random", "accuracy"), EXACT);
        assertEquals(50, suiteScores.value("random", "precision"), EXACT);
        assertEquals(50, suiteScores.value("random", "recall"), EXACT);
        assertEquals(50, suiteScores.value("random", "f1"), EXACT);
        assertEquals(50, suiteScores.value("random", "yes"), EXACT);
        assertEquals(0, suiteScores.value("popular", "f1"), EXACT);
        // of all five: 1 true and 1 false positive, 1 true and 2 false negatives
        assertEquals(40, suiteScores.value("all", "accuracy"), EXACT);
        assertEquals(50, suiteScores.value("all", "precision"), EXACT);
        assertEquals(100.0 / 3, suiteScores.value("all", "recall"), EXACT);
        assertEquals(40, suiteScores.value("all", "f1"), EXACT);
    }

    @Test
    void aTablesQuestionsBelongToSeveralSplits() throws IOException {
        String image = SuiteFixtures.base64(1);
        Path file = SuiteFixtures.write(folder.resolve("POPE.tsv"), """
                index\timage\tquestion\tanswer\tcategory
                0\t%s\tIs there a dog?\tYes\tadversarial,random
                1\t0\tIs there a "cat"?\tNo\trandom
                """.formatted(image));
        List<Question> items = pope.read(SuiteFixtures.source(file));
        SuiteScores suiteScores = pope.score(SuiteFixtures.answers(items, _ -> "yes"));
        assertEquals(100.0 * 2 / 3, suiteScores.value("all", "accuracy"), EXACT);
        assertEquals(100, suiteScores.value("adversarial", "accuracy"), EXACT);
        assertEquals(50, suiteScores.value("random", "accuracy"), EXACT);
        assertEquals(
                items.get(0).pictures(), items.get(1).pictures(), "a short cell names the row that has the picture");
        assertEquals(
                SuiteFixtures.png(1).length,
                items.get(1).pictures().getFirst().read().bytes().length);
    }

    @Test
    void whatIsWrongIsToldWithItsLine() throws IOException {
        Path file = SuiteFixtures.write(folder.resolve("coco_pope_random.json"), line(1, "yes"));
        Path pictures = Files.createDirectory(folder.resolve("val2014"));
        assertProblem(
                "coco_pope_random.json: line 1: there is no picture 'p.png' in " + pictures
                        + "; --images names their folder",
                new SuiteData(file, Optional.of(pictures), ""));
        SuiteFixtures.pictures(folder, "p.png");
        SuiteFixtures.write(file, line(1, "yes") + line(2, "maybe"));
        assertProblem(
                "coco_pope_random.json: line 2: label: must be yes or no, is 'maybe'", SuiteFixtures.source(file));
        SuiteFixtures.write(file, line(1, "yes") + "{\"question_id\": }\n");
        assertProblem("coco_pope_random.json: line 2: 1:17: expected a value, found '}'", SuiteFixtures.source(file));
        assertProblem(folder.resolve("none.json") + ": no such file or folder", folder.resolve("none.json"));
    }

    private void assertProblem(String expected, SuiteData suiteData) {
        assertEquals(
                expected,
                assertThrows(SuiteException.class, () -> pope.read(suiteData)).getMessage());
    }

    private void assertProblem(String expected, Path data) {
        assertEquals(
                expected,
                assertThrows(SuiteException.class, () -> SuiteFixtures.source(data))
                        .getMessage());
    }
}
