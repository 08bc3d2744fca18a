package carve.runtime.eval.suite;

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
        assertEquals("2 dogs", VqaAnswerNormalizer.normalize("Two dogs"));
        assertEquals("don't stop", VqaAnswerNormalizer.normalize("dont stop"));
        assertEquals("they'd've", VqaAnswerNormalizer.normalize("theyd've"));
        assertEquals("they'd've", VqaAnswerNormalizer.normalize("they'dve"));
        assertEquals("hello world", VqaAnswerNormalizer.normalize("Hello, world!"));
        assertEquals("1000", VqaAnswerNormalizer.normalize("1,000"));
        assertEquals("3.50", VqaAnswerNormalizer.normalize("3.50."));
        assertEquals("coca cola", VqaAnswerNormalizer.normalize("coca-cola"));
        assertEquals("st ives", VqaAnswerNormalizer.normalize("the St. Ives"));
        assertEquals("dog 's bone", VqaAnswerNormalizer.normalize("a dog's bone"));
        assertEquals("0", VqaAnswerNormalizer.normalize("none"));
    }

    @Test
    void theOfficialFileAndTheTableSayTheSame() throws IOException {
        SuiteFixtures.pictures(folder, "train_images/abc.jpg");
        SuiteFixtures.write(folder.resolve("TextVQA_0.5.1_val.json"), """
                {"dataset_type": "val", "data": [{"question_id": 34602, "question": "what is the brand?", "image_id": "abc",
                  "answers": ["nokia", "nokia", "nokia", "Nokia", "x", "x", "y", "it's", "z", "a \\"b\\""]}]}
                """);
        Path table = SuiteFixtures.write(folder.resolve("TextVQA_VAL.tsv"), """
                index\timage\tquestion\tanswer
                34602\t%s\twhat is the brand?\t"['nokia', 'nokia', 'nokia', 'Nokia', 'x', 'x', 'y', ""it's"", 'z', 'a ""b""']"
                """.formatted(SuiteFixtures.base64(2)));
        TextVqa suite = new TextVqa();
        List<Question> official = suite.read(SuiteFixtures.source(folder));
        List<Question> tabled = suite.read(SuiteFixtures.source(table));
        assertEquals(official.getFirst().answers(), tabled.getFirst().answers());
        assertEquals(60, suite.score(SuiteFixtures.answers(official, _ -> "X")).value("all", "accuracy"), EXACT);
        assertEquals(
                100, suite.score(SuiteFixtures.answers(tabled, _ -> "nokia")).value("all", "accuracy"), EXACT);
    }

    @Test
    void ninePeopleAreRefused() throws IOException {
        SuiteFixtures.pictures(folder, "abc.jpg");
        SuiteFixtures.write(folder.resolve("TextVQA_0.5.1_val.json"), """
                {"data": [{"question_id": 1, "question": "?", "image_id": "abc", "answers": ["a"]}]}
                """);
        assertEquals(
                "TextVQA_0.5.1_val.json: question 1: expected the answers of 10 people, found 1",
                assertThrows(SuiteException.class, () -> new TextVqa().read(SuiteFixtures.source(folder)))
                        .getMessage());
    }
}
