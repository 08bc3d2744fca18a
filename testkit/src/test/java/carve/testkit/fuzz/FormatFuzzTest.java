package carve.testkit.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every mutated file gives an answer or an error of Carve's own. */
final class FormatFuzzTest {
    @TempDir
    private static Path folder;

    @TestFactory
    Stream<DynamicTest> everyInputIsReadOrRefused() throws IOException {
        return FormatTargets.all(folder).stream()
                .map(target -> DynamicTest.dynamicTest(target.name(), () -> Fuzzer.check(target)));
    }
}
