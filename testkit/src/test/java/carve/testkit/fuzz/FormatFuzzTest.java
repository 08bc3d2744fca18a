package carve.testkit.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Every mutated file gives an answer or an error of Carve's own. */
final class FormatFuzzTest {
    @TempDir
    private static Path folder;

    @TestFactory
    Stream<DynamicTest> everyInputIsReadOrRefused() throws IOException {
        return FormatTargets.all(folder).stream()
                .map(target -> DynamicTest.dynamicTest(target.name(), () -> {
                    FuzzResult result = Fuzzer.run(target, FuzzBudget.ofTests());
                    System.out.println(result.row());
                    assertEquals(List.of(), result.failures());
                    assertTrue(result.answers() > 0 && result.refusals() > 0, result.row());
                }));
    }

    @Test
    void theSameSeedMakesTheSameInputs() {
        List<byte[]> seeds = List.of("{\"a\": 12}".getBytes());
        Mutator one = new Mutator(seeds, List.of("word"), 7);
        Mutator other = new Mutator(seeds, List.of("word"), 7);
        for (int i = 0; i < 1000; i++) {
            assertArrayEquals(one.next(), other.next());
        }
    }

    @Test
    void anythingButARefusalIsAFailure() {
        FuzzTarget overflowing =
                new FuzzTarget("overflowing", List.of(new byte[4]), List.of(), _ -> FormatFuzzTest.endless(0));
        FuzzResult result = Fuzzer.run(overflowing, new FuzzBudget(1, 3, Duration.ofMinutes(1)));
        assertEquals(3, result.failures().size());
        assertTrue(result.failures().getFirst().contains("StackOverflowError"), result.failures()::toString);
    }

    private static int endless(int depth) {
        return endless(depth + 1) + 1;
    }
}
