package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The tests that docs/writing-a-mixer.md names are tests of the contract of mixers. */
final class DocumentedTestsTest {
    private static final Path PAGE = Path.of("../docs/writing-a-mixer.md");
    private static final Pattern NAMED = Pattern.compile("`([a-z]\\w*)`");

    @Test
    void documentedTestsExist() throws IOException {
        List<String> rows = Files.readAllLines(PAGE);
        int header = rows.indexOf("| mistake | test |");
        Set<String> named = rows.stream()
                .skip(header + 2L)
                .takeWhile(row -> row.startsWith("|"))
                .map(row -> row.split("\\|")[2])
                .flatMap(tests -> NAMED.matcher(tests).results())
                .map((MatchResult match) -> match.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        assertFalse(named.isEmpty(), "the table is in " + PAGE);
        Set<String> unknown = new TreeSet<>(named);
        Arrays.stream(MixerContract.class.getMethods())
                .filter(method -> method.isAnnotationPresent(Test.class))
                .forEach(method -> unknown.remove(method.getName()));
        assertEquals(Set.of(), unknown);
    }
}
