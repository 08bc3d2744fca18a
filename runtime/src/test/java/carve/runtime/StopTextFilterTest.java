package carve.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

final class StopTextFilterTest {
    @Test
    void textWithoutStopTextsPassesAtOnce() {
        StopTextFilter filter = new StopTextFilter(List.of());
        assertEquals("ab", filter.push("ab"));
        assertEquals("", filter.flush());
        assertFalse(filter.stopped());
    }

    @Test
    void beginningOfAStopTextIsHeldBackUntilItIsKnown() {
        StopTextFilter filter = new StopTextFilter(List.of("\n\nUser:"));
        assertEquals("yes", filter.push("yes\n"));
        assertEquals("", filter.push("\nUs"));
        assertEquals("\n\nUsually", filter.push("ually"));
        assertEquals("", filter.push("\n"));
        assertEquals("\n", filter.flush());
        assertFalse(filter.stopped());
    }

    @Test
    void textEndsBeforeTheFirstStopText() {
        StopTextFilter filter = new StopTextFilter(List.of("END", "stop"));
        assertEquals("a ", filter.push("a st"));
        assertEquals("", filter.push("op b END"));
        assertTrue(filter.stopped());
        assertEquals("", filter.push("more"));
        assertEquals("", filter.flush());
    }

    @Test
    void longestPossibleBeginningIsHeldBack() {
        StopTextFilter filter = new StopTextFilter(List.of("aab", "ab"));
        assertEquals("x", filter.push("xaa"));
        assertEquals("", filter.push("b"));
        assertTrue(filter.stopped());
    }
}
