package carve.runtime.eval.suite;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MmeTest {
    private static final double EXACT = 1e-9;
    private static final String PAIR =
            "Is it red? Please answer yes or no.\tYes\nIs it blue? Please answer yes or no.\tNo\n";

    @TempDir
    private Path folder;

    private final Mme mme = new Mme();

    private List<Question> items() throws IOException {
        SuiteFixtures.write(folder.resolve("color/1.txt"), PAIR);
        SuiteFixtures.write(folder.resolve("color/2.txt"), PAIR);
        SuiteFixtures.pictures(folder, "color/1.jpg", "color/2.png");
        SuiteFixtures.write(folder.resolve("code_reasoning/questions_answers_YN/0020.txt"), PAIR);
        SuiteFixtures.pictures(folder, "code_reasoning/images/0020.png");
        return mme.read(SuiteFixtures.source(folder));
    }

    @Test
    void aScoreIsTheSumOfBothAccuracies() throws IOException {
        Map<String, String> said = Map.of(
                "color/1#0", "Yes",
                "color/1#1", "No.",
                "color/2#0", "yes, it is",
                "color/2#1", "It is not",
                "code_reasoning/0020#0", "No",
                "code_reasoning/0020#1", "no");
        SuiteScores suiteScores = mme.score(SuiteFixtures.answers(items(), said::get));
        // three of four and one of two pictures; "It is not" begins with neither
        assertEquals(75, suiteScores.value("color", "acc"), EXACT);
        assertEquals(50, suiteScores.value("color", "acc+"), EXACT);
        assertEquals(125, suiteScores.value("color", "score"), EXACT);
        assertEquals(50, suiteScores.value("code_reasoning", "score"), EXACT);
        assertEquals(125, suiteScores.value("perception", "score"), EXACT);
        assertEquals(50, suiteScores.value("cognition", "score"), EXACT);
        assertEquals(1, suiteScores.notes().size());
    }

    @Test
    void limitsTakeWholePictures() throws IOException {
        assertEquals(
                List.of("color/1#0", "color/1#1", "color/2#0", "color/2#1"),
                SuiteRunner.subset(mme, items(), 3).stream().map(Question::id).toList());
    }

    @Test
    void officialFilesHaveFourColumns() throws IOException {
        Map<String, String> files = mme.submissionFiles(SuiteFixtures.answers(items(), _ -> "Yes\nI think"));
        assertEquals(
                "0020\tIs it red? Please answer yes or no.\tYes\tYes I think\n"
                        + "0020\tIs it blue? Please answer yes or no.\tNo\tYes I think\n",
                files.get("code_reasoning.txt"));
    }

    @Test
    void aLineWithoutATabIsRefused() throws IOException {
        SuiteFixtures.pictures(folder, "count/7.jpg");
        SuiteFixtures.write(folder.resolve("count/7.txt"), "Are there two?\tYes\nAre there three? No\n");
        assertEquals(
                "count/7.txt: line 2: expected a question, a tab, and Yes or No, found 'Are there three? No'",
                assertThrows(SuiteException.class, () -> mme.read(SuiteFixtures.source(folder)))
                        .getMessage());
    }
}
