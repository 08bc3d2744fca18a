package carve.api.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NameSuggestionsTest {
    @ParameterizedTest
    @CsvSource({
        "'','',0",
        "a,'',1",
        "'',abc,3",
        "kitten,sitting,3",
        "ab,ba,1",
        "abc,ca,3",
        "mamba2,mamba3,1",
        "state_size,state-size,1"
    })
    void distanceCountsEdits(String a, String b, int distance) {
        assertEquals(distance, NameSuggestions.editDistance(a, b));
        assertEquals(distance, NameSuggestions.editDistance(b, a));
    }

    @Test
    void nearNamesAreSuggested() {
        var mixers = List.of("attention", "mamba2", "retention");
        assertEquals(Optional.of("mamba2"), NameSuggestions.suggest("mamba3", mixers));
        assertEquals(Optional.of("mamba2"), NameSuggestions.suggest("MAMBA-2", mixers));
        assertEquals(Optional.of("attention"), NameSuggestions.suggest("atention", mixers));
        assertEquals(Optional.of("retention"), NameSuggestions.suggest("retentoin", mixers));
        assertEquals(Optional.of("hidden-size"), NameSuggestions.suggest("hiddenSize", List.of("hidden-size", "size")));
    }

    @Test
    void farNamesAreNot() {
        assertEquals(Optional.empty(), NameSuggestions.suggest("linear", List.of("attention", "mamba2")));
        assertEquals(Optional.empty(), NameSuggestions.suggest("kl", List.of("ce")));
        assertEquals(Optional.empty(), NameSuggestions.suggest("a", List.of("b")));
        assertEquals(Optional.empty(), NameSuggestions.suggest("", List.of("b")));
        assertEquals(Optional.empty(), NameSuggestions.suggest("same", List.of("same")));
    }

    @Test
    void unknownNamesAreListedAgainstTheKnown() {
        assertEquals(
                "no mixer 'mamba3'; there are attention, mamba2, retention (did you mean 'mamba2'?)",
                NameSuggestions.unknown("mixer", "mamba3", List.of("retention", "mamba2", "attention")));
        assertEquals(
                "no mixer 'linear'; there is attention",
                NameSuggestions.unknown("mixer", "linear", List.of("attention")));
        assertEquals("no mixer 'linear'; there are none", NameSuggestions.unknown("mixer", "linear", List.of()));
    }

    @Test
    void naturalOrderCountsNumbersAsNumbers() {
        var sorted =
                List.of("a", "layers.2.b", "layers.10.a", "layers.10.b", "layers.100", "layers.x", "x: 5", "x: 12");
        assertEquals(
                sorted,
                sorted.reversed().stream()
                        .sorted(NameSuggestions.naturalOrder())
                        .toList());
        assertEquals(
                List.of("a.1", "a.01", "a.2").stream()
                        .sorted(NameSuggestions.naturalOrder())
                        .toList(),
                List.of("a.01", "a.1", "a.2"));
    }
}
