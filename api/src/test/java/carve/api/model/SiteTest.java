package carve.api.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Sites are read from texts and written as the same texts. */
final class SiteTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "embed",
                "final_norm",
                "logits",
                "heads",
                "output",
                "hidden",
                "layers.3.heads",
                "layers.3.mixer",
                "mixer",
                "layers.12.input",
                "layers.0.gate.state",
                "input.image_features",
                "input.a.b"
            })
    void textsAreReadBack(String text) {
        assertEquals(text, Site.parse(text).toString());
    }

    @Test
    void kindsAreToldApart() {
        assertEquals(Site.layer(3, "heads"), Site.parse("layers.3.heads"));
        assertEquals(Site.LOGITS, Site.parse("logits"));
        assertEquals(Site.HEADS, Site.parse("heads"));
        assertEquals(new Site.Input("images"), Site.parse("input.images"));
    }

    @Test
    void hiddenOfTheLastLayerIsAfterTheFinalNorm() {
        Site.EachLayer hidden = (Site.EachLayer) Site.HIDDEN;
        assertEquals(Site.layer(4, "output"), hidden.in(4, 6));
        assertEquals(Site.FINAL_NORM, hidden.in(5, 6));
        assertEquals(Site.layer(5, "heads"), new Site.EachLayer("heads").in(5, 6));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "layers.x.heads", "layers.3.", "input.", "two words"})
    void otherTextsAreRefused(String text) {
        assertThrows(IllegalArgumentException.class, () -> Site.parse(text));
    }

    @Test
    void aSettingNamesItsPlace() {
        SettingsException wrong = assertThrows(
                SettingsException.class,
                () -> Site.from(MapSettings.of(Map.of("site", "layers.3."), "recipe"), "site"));
        assertEquals(
                "recipe: key 'site' is wrong: 'layers.3.' is no site; write logits, final_norm, embed, heads, mixer, output, hidden,"
                        + " or layers.3.heads",
                wrong.getMessage());
    }
}
