package carve.runtime.eval.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** GQA, MMBench, SEED-Bench and MM-Vet. */
class MultipleChoiceSuitesTest {
    private static final double EXACT = 1e-9;

    @TempDir
    private Path folder;

    @Test
    void gqaComparesWords() throws IOException {
        SuiteFixtures.pictures(folder, "images/n1.jpg");
        SuiteFixtures.write(folder.resolve("testdev_balanced_questions.json"), """
                {"201": {"question": "Is it red?", "imageId": "n1", "answer": "yes",
                         "types": {"structural": "verify", "semantic": "attr", "detailed": "verifyAttr"}},
                 "202": {"question": "What is it?", "imageId": "n1", "answer": "dog",
                         "types": {"structural": "query", "semantic": "obj", "detailed": "categoryThat"}},
                 "203": {"question": "What is this?", "imageId": "n1", "answer": "cat",
                         "types": {"structural": "query", "semantic": "obj", "detailed": "categoryThat"}}}
                """);
        Gqa gqa = new Gqa();
        Map<String, String> said = Map.of("201", "Yes.", "202", "dog", "203", "a cat");
        List<Prediction> answers = SuiteFixtures.answers(gqa.read(SuiteFixtures.source(folder)), said::get);
        SuiteScores suiteScores = gqa.score(answers);
        assertEquals(200.0 / 3, suiteScores.value("all", "accuracy"), EXACT);
        assertEquals(100, suiteScores.value("binary", "accuracy"), EXACT);
        assertEquals(50, suiteScores.value("open", "accuracy"), EXACT);
        assertEquals(50, suiteScores.value("semantic: obj", "accuracy"), EXACT);
    }

    @Test
    void mmbenchCountsAQuestionThatIsRightInAllRotations() throws IOException {
        String image = SuiteFixtures.base64(3);
        Path file = SuiteFixtures.write(folder.resolve("MMBench_DEV_EN.tsv"), """
                index\tquestion\thint\tA\tB\tC\tD\tanswer\tcategory\timage\tl2-category\tsplit
                7\tWhat is it?\tnan\tdog\tcat\t\t\tB\tobject\t%s\tperception\tdev
                8\tWhat colour?\tLook.\tred\tblue\tgreen\t\tA\tattribute\t%s\tperception\tdev
                """.formatted(image, image));
        MmBench bench = new MmBench();
        List<Question> items = bench.read(SuiteFixtures.source(file));
        assertEquals(
                List.of("7", "1000007", "8", "1000008", "2000008"),
                items.stream().map(Question::id).toList());
        assertEquals(List.of("cat", "dog"), items.get(1).choices());
        assertEquals(
                List.of("B", "A", "A", "C", "B"),
                items.stream().map(Question::answer).toList());
        Map<String, String> said = Map.of("7", "B", "1000007", "cat", "8", "A.", "1000008", "A", "2000008", "B");
        SuiteScores suiteScores = bench.score(SuiteFixtures.answers(items, said::get));
        assertEquals(50, suiteScores.value("all", "circular"), EXACT);
        assertEquals(100, suiteScores.value("all", "vanilla"), EXACT);
        assertEquals(100, suiteScores.value("object", "circular"), EXACT);
        assertEquals(0, suiteScores.value("attribute", "circular"), EXACT);
        assertEquals(50, suiteScores.value("split dev", "circular"), EXACT);
        assertEquals(2, SuiteRunner.subset(bench, items, 1).size());
    }

    @Test
    void mmbenchTakesRotationsThatTheTableHas() throws IOException {
        Path file = SuiteFixtures.write(folder.resolve("mmbench.tsv"), """
                index\tquestion\tA\tB\tanswer\timage
                7\tWhat is it?\tdog\tcat\tB\t%s
                1000007\tWhat is it?\tcat\tdog\tA\t7
                """.formatted(SuiteFixtures.base64(3)));
        MmBench bench = new MmBench();
        List<Question> items = bench.read(SuiteFixtures.source(file));
        assertEquals(2, items.size());
        assertEquals(0, bench.score(SuiteFixtures.answers(items, _ -> "B")).value("all", "circular"), EXACT);
    }

    @Test
    void lettersAreInferredAsVlmEvalKitDoes() {
        List<String> choices = List.of("red dog", "cat", "bird");
        assertEquals("A", ChoiceExtractor.extract("A", choices));
        assertEquals("B", ChoiceExtractor.extract("(B) cat", choices));
        assertEquals("C", ChoiceExtractor.extract("The answer is C.", choices));
        assertEquals("B", ChoiceExtractor.extract("it is a Cat", choices));
        assertEquals("", ChoiceExtractor.extract("A or B", choices));
        assertEquals("", ChoiceExtractor.extract("cat and bird", choices));
        assertEquals(
                "",
                ChoiceExtractor.extract("A thing that one sees here with legs", choices),
                "a letter far from the end");
        assertEquals("", ChoiceExtractor.extract("Z", choices));
    }

    @Test
    void seedHasDimensions() throws IOException {
        SuiteFixtures.pictures(folder, "SEED-Bench-image/1_2", "SEED-Bench-video-image/9.png");
        SuiteFixtures.write(folder.resolve("SEED-Bench.json"), """
                {"question_type": {"Scene Understanding": 1, "Instance Identity": 2, "Action Recognition": 10},
                 "questions": [
                   {"answer": "A", "choice_a": "one", "choice_b": "two", "choice_c": "three", "choice_d": "four",
                    "data_id": "1_2", "data_type": "image", "question": "How many?", "question_id": "7", "question_type_id": 2},
                   {"answer": "B", "choice_a": "one", "choice_b": "two", "choice_c": "three", "choice_d": "four",
                    "data_id": "1_2", "data_type": "image", "question": "Which?", "question_id": 8, "question_type_id": 1},
                   {"answer": "D", "choice_a": "one", "choice_b": "two", "choice_c": "three", "choice_d": "four",
                    "data_id": "v.mp4", "data_type": "video", "question": "Why?", "question_id": "9", "question_type_id": 10}]}
                """);
        SeedBench seedBench = new SeedBench();
        List<Question> pictures = seedBench.read(SuiteFixtures.source(folder));
        assertEquals(List.of("7", "8"), pictures.stream().map(Question::id).toList());
        List<Question> all = seedBench.read(new SuiteData(folder, Optional.empty(), "all"));
        SuiteScores suiteScores = seedBench.score(SuiteFixtures.answers(all, _ -> "A"));
        assertEquals(100.0 / 3, suiteScores.value("all", "accuracy"), EXACT);
        assertEquals(100, suiteScores.value("Instance Identity", "accuracy"), EXACT);
        assertEquals(
                List.of("all", "Scene Understanding", "Instance Identity", "Action Recognition"),
                suiteScores.rows().stream().map(SuiteScores.Row::name).toList());
        assertEquals(
                "{\"question_id\":\"7\",\"prediction\":\"A\"}\n",
                seedBench
                        .submissionFiles(SuiteFixtures.answers(pictures.subList(0, 1), _ -> "A"))
                        .get("seed_predictions.jsonl"));
    }

    @Test
    void mmVetAddsUpGradesByCapability() throws IOException {
        SuiteFixtures.pictures(folder, "images/v1_0.png");
        SuiteFixtures.write(folder.resolve("mm-vet.json"), """
                {"v1_0": {"imagename": "v1_0.png", "question": "x?", "answer": "1", "capability": ["ocr", "math"]},
                 "v1_1": {"imagename": "v1_0.png", "question": "y?", "answer": "2", "capability": ["rec"]},
                 "v1_2": {"imagename": "v1_0.png", "question": "z?", "answer": "3", "capability": ["rec", "ocr"]}}
                """);
        Path grades = SuiteFixtures.write(folder.resolve("grades.json"), """
                {"v1_0": {"model": "gpt-4-0613", "content": ["0.5"], "score": [0.5]}, "v1_1": {"score": [1.0, 0.8]},
                 "v1_2": {"score": [0.0]}}
                """);
        MmVet vet = new MmVet();
        List<Question> items = vet.read(SuiteFixtures.source(folder));
        SuiteScores suiteScores = new ExternalGrading(vet).score(items, grades);
        assertEquals(100 * 1.4 / 3, suiteScores.value("all", "score"), EXACT);
        assertEquals(25, suiteScores.value("ocr", "score"), EXACT);
        assertEquals(45, suiteScores.value("rec", "score"), EXACT);
        assertEquals(50, suiteScores.value("set: math + ocr", "score"), EXACT);
        assertEquals(
                "{\n  \"v1_0\": \"4\",\n  \"v1_1\": \"4\",\n  \"v1_2\": \"4\"\n}\n",
                vet.submissionFiles(SuiteFixtures.answers(items, _ -> "4")).get("mm-vet_answers.json"));
        SuiteFixtures.write(grades, "{}");
        assertEquals(
                "grades.json: v1_0: expected an object, found no such key",
                assertThrows(SuiteException.class, () -> vet.score(items, grades))
                        .getMessage());
    }

    @Test
    void brokenTablesAreRefusedWithTheirLine() throws IOException {
        String image = SuiteFixtures.base64(4);
        assertBroken("bad.tsv: line 1: there is no column 'answer'; there are index, image, question", """
                index\timage\tquestion
                """);
        assertBroken("bad.tsv: line 1: there is no column 'index'; there are ''", "");
        assertBroken(
                "bad.tsv: line 1: there is no column 'index'; there are 1, " + image.substring(0, 32)
                        + "..., one?, yes",
                "1\t%s\tone?\tyes\n".formatted(image));
        assertBroken(
                "bad.tsv: line 3: has 2 cells, but there are 4 columns; the file ends in this line, it is not whole",
                """
                index\timage\tquestion\tanswer
                1\t%s\tone?\tyes
                2\t%s""".formatted(image, image.substring(0, image.length() / 2)));
        assertBroken("bad.tsv: line 3: column 'image' must be base64, found '#'", """
                index\timage\tquestion\tanswer
                1\t%s\tone?\tyes
                2\t%s\ttwo?\tno
                """.formatted(
                        image, image.replace('i', '#')));
        assertBroken("bad.tsv: line 4: has 3 cells, but there are 4 columns", """
                index\timage\tquestion\tanswer
                1\t%s\t"one
                more?"\tyes
                2\t1\ttwo?
                """.formatted(image));
        assertBroken(
                "bad.tsv: line 2: column 'image' is '9', which is neither a picture nor the index of a row with one",
                """
                index\timage\tquestion\tanswer
                1\t9\tone?\tyes
                """);
    }

    private void assertBroken(String message, String text) throws IOException {
        Path file = SuiteFixtures.write(folder.resolve("bad.tsv"), text);
        assertEquals(
                message,
                assertThrows(SuiteException.class, () -> new Gqa().read(SuiteFixtures.source(file)))
                        .getMessage());
    }
}
