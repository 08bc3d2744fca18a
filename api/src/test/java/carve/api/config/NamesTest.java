package carve.api.config;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NamesTest {
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
        assertEquals(distance, Names.distance(a, b));
        assertEquals(distance, Names.distance(b, a));
    }

    @Test
    void nearNamesAreSuggested() {
        var mixers = List.of("attention", "mamba2", "retention");
        assertEquals(Optional.of("mamba2"), Names.suggest("mamba3", mixers));
        assertEquals(Optional.of("mamba2"), Names.suggest("MAMBA-2", mixers));
        assertEquals(Optional.of("attention"), Names.suggest("atention", mixers));
        assertEquals(Optional.of("retention"), Names.suggest("retentoin", mixers));
        assertEquals(Optional.of("hidden-size"), Names.suggest("hiddenSize", List.of("hidden-size", "size")));
    }

    @Test
    void farNamesAreNot() {
        assertEquals(Optional.empty(), Names.suggest("linear", List.of("attention", "mamba2")));
        assertEquals(Optional.empty(), Names.suggest("kl", List.of("ce")));
        assertEquals(Optional.empty(), Names.suggest("a", List.of("b")));
        assertEquals(Optional.empty(), Names.suggest("", List.of("b")));
        assertEquals(Optional.empty(), Names.suggest("same", List.of("same")));
    }

    @Test
    void unknownNamesAreListedAgainstTheKnown() {
        assertEquals(
                "no mixer 'mamba3'; there are attention, mamba2, retention (did you mean 'mamba2'?)",
                Names.unknown("mixer", "mamba3", List.of("retention", "mamba2", "attention")));
        assertEquals("no mixer 'linear'; there is attention", Names.unknown("mixer", "linear", List.of("attention")));
        assertEquals("no mixer 'linear'; there are none", Names.unknown("mixer", "linear", List.of()));
    }

    @Test
    void naturalOrderCountsNumbersAsNumbers() {
        var sorted =
                List.of("a", "layers.2.b", "layers.10.a", "layers.10.b", "layers.100", "layers.x", "x: 5", "x: 12");
        assertEquals(sorted, sorted.reversed().stream().sorted(Names.natural()).toList());
        assertEquals(
                List.of("a.1", "a.01", "a.2").stream().sorted(Names.natural()).toList(), List.of("a.01", "a.1", "a.2"));
    }
}
