package carve.app.suite;

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
        SuiteFiles.pictures(folder, "p.png");
        SuiteFiles.write(
                folder.resolve("coco_pope_random.json"),
                line(1, "yes") + line(2, "yes") + line(3, "no") + line(4, "no"));
        SuiteFiles.write(folder.resolve("coco_pope_popular.json"), line(1, "yes"));
        List<Item> items = pope.read(SuiteFiles.source(folder));
        assertEquals(
                List.of("popular/1", "random/1", "random/2", "random/3", "random/4"),
                items.stream().map(Item::id).toList());
        Map<String, String> said = Map.of(
                "popular/1", "No, there is none.",
                "random/1", "Yes.",
                "random/2", "There is not one.",
                "random/3", "Yes, no doubt",
                "random/4", "A cat. There is no dog");
        Scores scores = pope.score(SuiteFiles.answers(items, said::get));
        // of random: yes is right, no is wrong, no is right ("Yes, no doubt" has the word no), yes is wrong (first
        // sentence)
        assertEquals(50, scores.figure("random", "accuracy"), EXACT);
        assertEquals(50, scores.figure("random", "precision"), EXACT);
        assertEquals(50, scores.figure("random", "recall"), EXACT);
        assertEquals(50, scores.figure("random", "f1"), EXACT);
        assertEquals(50, scores.figure("random", "yes"), EXACT);
        assertEquals(0, scores.figure("popular", "f1"), EXACT);
        // of all five: 1 true and 1 false positive, 1 true and 2 false negatives
        assertEquals(40, scores.figure("all", "accuracy"), EXACT);
        assertEquals(50, scores.figure("all", "precision"), EXACT);
        assertEquals(100.0 / 3, scores.figure("all", "recall"), EXACT);
        assertEquals(40, scores.figure("all", "f1"), EXACT);
    }

    @Test
    void aTablesQuestionsBelongToSeveralSplits() throws IOException {
        String image = SuiteFiles.base64(1);
        Path file = SuiteFiles.write(folder.resolve("POPE.tsv"), """
                index\timage\tquestion\tanswer\tcategory
                0\t%s\tIs there a dog?\tYes\tadversarial,random
                1\t0\tIs there a "cat"?\tNo\trandom
                """.formatted(image));
        List<Item> items = pope.read(SuiteFiles.source(file));
        Scores scores = pope.score(SuiteFiles.answers(items, _ -> "yes"));
        assertEquals(100.0 * 2 / 3, scores.figure("all", "accuracy"), EXACT);
        assertEquals(100, scores.figure("adversarial", "accuracy"), EXACT);
        assertEquals(50, scores.figure("random", "accuracy"), EXACT);
        assertEquals(
                items.get(0).pictures(), items.get(1).pictures(), "a short cell names the row that has the picture");
        assertEquals(
                SuiteFiles.png(1).length,
                items.get(1).pictures().getFirst().read().bytes().length);
    }

    @Test
    void whatIsWrongIsToldWithItsLine() throws IOException {
        Path file = SuiteFiles.write(folder.resolve("coco_pope_random.json"), line(1, "yes"));
        Path pictures = Files.createDirectory(folder.resolve("val2014"));
        assertProblem(
                "coco_pope_random.json: line 1: there is no picture 'p.png' in " + pictures
                        + "; --images names their folder",
                new Source(file, Optional.of(pictures), ""));
        SuiteFiles.pictures(folder, "p.png");
        SuiteFiles.write(file, line(1, "yes") + line(2, "maybe"));
        assertProblem("coco_pope_random.json: line 2: label: must be yes or no, is 'maybe'", SuiteFiles.source(file));
        SuiteFiles.write(file, line(1, "yes") + "{\"question_id\": }\n");
        assertProblem("coco_pope_random.json: line 2: 1:17: expected a value, found '}'", SuiteFiles.source(file));
        assertProblem(folder.resolve("none.json") + ": no such file or folder", folder.resolve("none.json"));
    }

    private void assertProblem(String expected, Source source) {
        assertEquals(
                expected,
                assertThrows(SuiteException.class, () -> pope.read(source)).getMessage());
    }

    private void assertProblem(String expected, Path data) {
        assertEquals(
                expected,
                assertThrows(SuiteException.class, () -> SuiteFiles.source(data))
                        .getMessage());
    }
}
