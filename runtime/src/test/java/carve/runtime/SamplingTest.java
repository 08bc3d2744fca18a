package carve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

final class SamplingTest {
    @Test
    void everySettingCanBeChanged() {
        assertEquals(
                new Sampling(0.7, 40, 0.9, 7, 64, List.of("\n")),
                Sampling.temperature(0.7)
                        .withTopK(40)
                        .withTopP(0.9)
                        .withSeed(7)
                        .withMaxTokens(64)
                        .withStop("\n"));
        assertEquals(new Sampling(0, 0, 1, 0, 512, List.of()), Sampling.greedy());
    }

    @Test
    void valuesOutOfRangeAreRefused() {
        assertRefused(
                "max tokens must be 1 or more, found 0", () -> Sampling.greedy().withMaxTokens(0));
        assertRefused(
                "a stop text must not be empty, found [a, ]",
                () -> Sampling.greedy().withStop("a", ""));
        assertRefused(
                "temperature must be 0 or more, top-k 0 or more, top-p above 0 and at most 1; found -1.0, 0, 1.0",
                () -> Sampling.temperature(-1));
    }

    private static void assertRefused(String message, Runnable runnable) {
        assertEquals(
                message,
                assertThrows(IllegalArgumentException.class, runnable::run).getMessage());
    }
}
