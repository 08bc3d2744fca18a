package carve.testkit.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Fuzz tests make the same inputs again, reach single values, and tell and save what fails. */
final class FuzzerTest {
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
    void anythingButARefusalIsAFailure() throws IOException {
        FuzzTarget overflowing =
                new FuzzTarget("overflowing", List.of(new byte[4]), List.of(), _ -> FuzzerTest.endless(0));
        FuzzResult result = Fuzzer.run(overflowing, new FuzzBudget(1, 3, Duration.ofMinutes(1)));
        assertEquals(3, result.failures().size());
        assertTrue(result.failures().getFirst().contains("StackOverflowError"), result.failures()::toString);
        for (String failure : result.failures()) {
            Files.delete(saved(failure));
        }
    }

    @Test
    void anInputThatFailedIsSavedAndNamed() throws IOException {
        FuzzTarget failing = new FuzzTarget("failing", List.of(new byte[] {1, 2, 3}), List.of(), _ -> {
            throw new IllegalStateException("no");
        });
        FuzzResult result = Fuzzer.run(failing, new FuzzBudget(1, 1, Duration.ofMinutes(1)));
        byte[] input = new Mutator(failing.seeds(), failing.words(), 1).next();
        Path saved = saved(result.failures().getFirst());
        assertArrayEquals(input, Files.readAllBytes(saved));
        Files.delete(saved);
    }

    private static Path saved(String failure) {
        return Path.of(failure.substring(failure.lastIndexOf('=') + 1));
    }

    /** A value of a document changes while the rest of it stays, so that readers get as far. */
    @Test
    void valuesOfDocumentsAreChanged() {
        byte[] document = "{\"a\": {\"b\": [1, 2]}, \"c\": \"text\"}".getBytes();
        JsonMutator mutator = new JsonMutator(new SplittableRandom(3));
        Set<String> seen = new TreeSet<>();
        for (int i = 0; i < 2000; i++) {
            seen.add(new String(mutator.change(document).orElseThrow()));
        }
        assertTrue(seen.contains("{\"a\":{\"b\":[1,NaN]},\"c\":\"text\"}"), seen::toString);
        assertTrue(seen.contains("{\"a\":{\"b\":[1,2]}}"), "without a key");
        assertTrue(seen.stream().anyMatch(text -> text.split("\"c\":").length == 3), "with a key twice");
        assertTrue(mutator.change(new byte[] {1, 2}).isEmpty());
    }

    private static int endless(int depth) {
        return endless(depth + 1) + 1;
    }
}
