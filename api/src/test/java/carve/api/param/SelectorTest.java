package carve.api.param;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SelectorTest {
    private static final Set<String> NAMES = new LinkedHashSet<>(List.of(
            "input.tokens.weight",
            "layers.0.mixer.A_log",
            "layers.0.mixer.conv1d.weight",
            "layers.0.mixer.o_proj.weight",
            "layers.10.mixer.A_log",
            "output.weight"));

    private static void selects(List<String> expected, String... globs) {
        assertEquals(expected, Selector.of(globs).select(NAMES));
    }

    @Test
    void starIsPartOfOneSegment() {
        selects(List.of("layers.0.mixer.A_log", "layers.10.mixer.A_log"), "layers.*.mixer.*");
        selects(List.of("layers.10.mixer.A_log"), "layers.1*.mixer.A_log");
        selects(List.of("output.weight"), "*.weight");
    }

    @Test
    void twoStarsAreAnyNumberOfSegments() {
        selects(
                List.of("layers.0.mixer.A_log", "layers.0.mixer.conv1d.weight", "layers.0.mixer.o_proj.weight"),
                "layers.0.**");
        selects(List.copyOf(NAMES), "**");
    }

    @Test
    void bracesAreAlternatives() {
        selects(List.of("layers.0.mixer.A_log", "layers.0.mixer.conv1d.weight"), "layers.0.mixer.{A_log,conv1d.*}");
    }

    @Test
    void laterGlobsWin() {
        selects(
                List.of("layers.0.mixer.A_log", "layers.0.mixer.conv1d.weight", "layers.10.mixer.A_log"),
                "layers.**",
                "!**.o_proj.*");
        selects(List.of("layers.0.mixer.o_proj.weight"), "layers.**", "!layers.**", "**.o_proj.weight");
    }

    @Test
    void dotsArePlain() {
        assertThrows(ParamException.class, () -> Selector.of("output_weight").select(NAMES));
    }

    @Test
    void idleGlobsAreToldTogether() {
        ParamException e = assertThrows(
                ParamException.class,
                () -> Selector.of("layers.*.gate", "**", "!nothing").select(NAMES));
        assertEquals(
                "no parameter matches [!nothing, layers.*.gate]; names look like [input.tokens.weight, "
                        + "layers.0.mixer.A_log, layers.0.mixer.conv1d.weight]",
                e.getMessage());
    }

    @Test
    void unbalancedBracesAreRefused() {
        assertEquals(
                "glob 'a.{b': '{' without '}'",
                assertThrows(IllegalArgumentException.class, () -> Selector.of("a.{b"))
                        .getMessage());
        assertEquals(
                "glob 'a}': '}' without '{'",
                assertThrows(IllegalArgumentException.class, () -> Selector.of("a}"))
                        .getMessage());
    }
}
