package carve.app.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TextVqaTest {
    private static final double EXACT = 1e-9;

    @TempDir
    private Path folder;

    private static List<String> people(int same, String answer) {
        return Stream.concat(
                        Collections.nCopies(same, answer).stream(),
                        Stream.iterate(0, i -> i + 1).limit(10 - same).map(i -> "other" + i))
                .toList();
    }

    @Test
    void anAnswerIsWorthTheMeanOverTheTenLeftOutOnce() {
        assertEquals(0, TextVqa.accuracy("nokia", people(0, "nokia")), EXACT);
        // of ten, one hears nobody else say so, nine hear one: 9 / 10 * 1 / 3
        assertEquals(0.3, TextVqa.accuracy("nokia", people(1, "nokia")), EXACT);
        assertEquals(0.6, TextVqa.accuracy("nokia", people(2, "nokia")), EXACT);
        // three hear two, seven hear three
        assertEquals(0.9, TextVqa.accuracy("nokia", people(3, "nokia")), EXACT);
        assertEquals(1, TextVqa.accuracy("nokia", people(4, "nokia")), EXACT);
        assertEquals(1, TextVqa.accuracy("The Nokia.", people(10, "nokia")), EXACT);
    }

    @Test
    void answersAreComparedInTheChallengesForm() {
        assertEquals("2 dogs", AnswerWords.of("Two dogs"));
        assertEquals("don't stop", AnswerWords.of("dont stop"));
        assertEquals("they'd've", AnswerWords.of("theyd've"));
        assertEquals("they'd've", AnswerWords.of("they'dve"));
        assertEquals("hello world", AnswerWords.of("Hello, world!"));
        assertEquals("1000", AnswerWords.of("1,000"));
        assertEquals("3.50", AnswerWords.of("3.50."));
        assertEquals("coca cola", AnswerWords.of("coca-cola"));
        assertEquals("st ives", AnswerWords.of("the St. Ives"));
        assertEquals("dog 's bone", AnswerWords.of("a dog's bone"));
        assertEquals("0", AnswerWords.of("none"));
    }

    @Test
    void theOfficialFileAndTheTableSayTheSame() throws IOException {
        SuiteFiles.pictures(folder, "train_images/abc.jpg");
        SuiteFiles.write(folder.resolve("TextVQA_0.5.1_val.json"), """
                {"dataset_type": "val", "data": [{"question_id": 34602, "question": "what is the brand?", "image_id": "abc",
                  "answers": ["nokia", "nokia", "nokia", "Nokia", "x", "x", "y", "it's", "z", "a \\"b\\""]}]}
                """);
        Path table = SuiteFiles.write(folder.resolve("TextVQA_VAL.tsv"), """
                index\timage\tquestion\tanswer
                34602\t%s\twhat is the brand?\t"['nokia', 'nokia', 'nokia', 'Nokia', 'x', 'x', 'y', ""it's"", 'z', 'a ""b""']"
                """.formatted(SuiteFiles.base64(2)));
        TextVqa suite = new TextVqa();
        List<Item> official = suite.read(SuiteFiles.source(folder));
        List<Item> tabled = suite.read(SuiteFiles.source(table));
        assertEquals(official.getFirst().answers(), tabled.getFirst().answers());
        assertEquals(60, suite.score(SuiteFiles.answers(official, _ -> "X")).figure("all", "accuracy"), EXACT);
        assertEquals(100, suite.score(SuiteFiles.answers(tabled, _ -> "nokia")).figure("all", "accuracy"), EXACT);
    }

    @Test
    void ninePeopleAreRefused() throws IOException {
        SuiteFiles.pictures(folder, "abc.jpg");
        SuiteFiles.write(folder.resolve("TextVQA_0.5.1_val.json"), """
                {"data": [{"question_id": 1, "question": "?", "image_id": "abc", "answers": ["a"]}]}
                """);
        assertEquals(
                "TextVQA_0.5.1_val.json: question 1: expected the answers of 10 people, found 1",
                assertThrows(SuiteException.class, () -> new TextVqa().read(SuiteFiles.source(folder)))
                        .getMessage());
    }
}
