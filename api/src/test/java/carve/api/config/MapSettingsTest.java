package carve.api.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.json.Json;
import carve.api.json.JsonObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class MapSettingsTest {
    @Test
    void nestedMapsAndListsAreSectionsAndLists() {
        Settings settings = MapSettings.of(Map.of(
                "mixers",
                Map.of("a", Map.of("heads", 4)),
                "stages",
                List.of(Map.of("name", "x"), Map.of("name", "y")),
                "rates",
                List.of(1, 2.5)));
        assertEquals(4, settings.section("mixers").section("a").integer("heads"));
        assertEquals("y", settings.sections("stages").get(1).string("name"));
        assertEquals(List.of(1.0, 2.5), settings.reals("rates"));
    }

    @Test
    void originsSayThePath() {
        Settings settings = MapSettings.of(
                Map.of("mixers", Map.of("a", Map.of("heads", "many")), "stages", List.of(Map.of("name", "x"))), "test");
        Settings inner = settings.section("mixers").section("a");
        assertEquals(
                "test: mixers.a: key 'heads' must be an integer, is \"many\"",
                assertThrows(SettingsException.class, () -> inner.integer("heads"))
                        .getMessage());
        settings.sections("stages");
        assertEquals(
                "test: stages[0]: key 'name' was not used",
                assertThrows(SettingsException.class, settings::requireAllRead).getMessage());
    }

    @Test
    void listsInListsAreRefused() {
        assertEquals(
                "settings: a.b: lists in lists are not settings",
                assertThrows(
                                SettingsException.class,
                                () -> MapSettings.of(Map.of("a", Map.of("b", List.of(List.of(1))))))
                        .getMessage());
    }

    @Test
    void jsonObjectsBecomeSettingsWithoutNulls() {
        JsonObject json = Json.parseObject("""
                {"heads": 16, "rate": 1e-5, "on": true, "none": null, "inner": {"kinds": ["a", "b"]}, "big": 1e300}""", "t");
        Settings settings = MapSettings.of(json, "config.json");
        assertFalse(settings.has("none"));
        assertEquals(16, settings.integer("heads"));
        assertEquals(1e-5, settings.real("rate"));
        assertEquals(1e300, settings.real("big"));
        assertEquals(List.of("a", "b"), settings.section("inner").strings("kinds"));
        settings.flag("on");
        settings.requireAllRead();
    }
}
