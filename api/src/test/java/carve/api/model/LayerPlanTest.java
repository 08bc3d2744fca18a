package carve.api.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class LayerPlanTest {
    private static List<String> mixers(Map<String, ?> settings, int layers) {
        return LayerPlan.from(MapSettings.of(settings), layers).layers().stream()
                .map(LayerChoice::mixer)
                .toList();
    }

    @Test
    void wordsAreRepeated() {
        assertEquals(
                List.of("keep", "mamba2", "mamba2", "mamba2"),
                mixers(Map.of("layers", List.of("keep", "mamba2 x3")), 4));
        assertEquals(
                List.of("keep", "mamba2", "keep", "mamba2", "keep"),
                mixers(Map.of("repeat", List.of("keep", "mamba2")), 5));
    }

    @Test
    void namesStandForMixersWithSettings() {
        LayerPlan plan = LayerPlan.from(MapSettings.of(Map.of(
                "layers",
                List.of("wide", "mamba2"),
                "mixers",
                Map.of("wide", Map.of("type", "mamba2", "conv-width", 4)))));
        assertEquals(
                List.of("mamba2", "mamba2"),
                plan.layers().stream().map(LayerChoice::mixer).toList());
        assertEquals(
                Map.of("conv-width", 4), plan.layers().getFirst().settings().toMap());
        assertEquals(Map.of(), plan.layers().getLast().settings().toMap());
    }

    @Test
    void wordsThatMeanNothingAreRefused() {
        assertThrows(SettingsException.class, () -> mixers(Map.of("layers", List.of("mamba2 x3 x4")), 12));
        assertThrows(SettingsException.class, () -> mixers(Map.of("repeat", List.of()), 3));
        assertThrows(
                SettingsException.class, () -> mixers(Map.of("repeat", List.of("keep"), "layers", List.of("keep")), 1));
    }
}
