package carve.api.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.SettingsNode.Items;
import carve.api.config.SettingsNode.Scalar;
import carve.api.config.SettingsNode.Section;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

final class TreeSettingsTest {
    private static final Map<String, SettingsNode> MEMBERS = new LinkedHashMap<>();

    static {
        put("type", "mamba2", 2);
        put("heads", 16, 3);
        put("big", 3_000_000_000L, 4);
        put("rate", 1e-3, 5);
        put("use-conv", true, 6);
        put("digits", "12", 7);
        put("word", "yes", 8);
        MEMBERS.put("train", list(9, "a", "b"));
        MEMBERS.put("layers", list(10, 0, 4, 8));
        MEMBERS.put("rates", list(11, 1, 0.5));
        MEMBERS.put("optimizer", section(12, "kind", "adamw"));
        MEMBERS.put("stages", new Items(List.of(section(14, "name", "align"), section(15, "name", "logits")), at(13)));
    }

    private static String at(int line) {
        return "hybrid.conf: " + line;
    }

    private static void put(String key, Object value, int line) {
        MEMBERS.put(key, new Scalar(value, at(line)));
    }

    private static SettingsNode list(int line, Object... values) {
        return new Items(
                List.of(values).stream()
                        .map(v -> (SettingsNode) new Scalar(v, at(line)))
                        .toList(),
                at(line));
    }

    private static Section section(int line, String key, Object value) {
        return new Section(Map.of(key, new Scalar(value, at(line))), at(line));
    }

    private final Settings settings = new TreeSettings(new Section(MEMBERS, at(1)));

    private static void refuses(String message, Executable read) {
        assertEquals(message, assertThrows(SettingsException.class, read).getMessage());
    }

    @Test
    void valuesHaveTheirTypes() {
        assertEquals("mamba2", settings.string("type"));
        assertEquals(16, settings.integer("heads"));
        assertEquals(3_000_000_000L, settings.longInteger("big"));
        assertEquals(1e-3, settings.real("rate"));
        assertTrue(settings.flag("use-conv"));
        assertEquals(List.of("a", "b"), settings.strings("train"));
        assertEquals(List.of(0, 4, 8), settings.integers("layers"));
        assertEquals(List.of(1.0, 0.5), settings.reals("rates"));
        assertEquals("adamw", settings.section("optimizer").string("kind"));
        assertEquals(
                List.of("align", "logits"),
                settings.sections("stages").stream().map(s -> s.string("name")).toList());
        settings.string("digits");
        settings.string("word");
        settings.requireAllRead();
    }

    @Test
    void valuesConvertAsHoconSays() {
        assertEquals(12, settings.integer("digits"));
        assertEquals(12.0, settings.real("digits"));
        assertTrue(settings.flag("word"));
        assertEquals("16", settings.string("heads"));
        assertEquals(16.0, settings.real("heads"));
        assertEquals("true", settings.string("use-conv"));
    }

    @Test
    void wrongTypesAreRefusedWithTheirPlace() {
        refuses("hybrid.conf: 2: key 'type' must be an integer, is \"mamba2\"", () -> settings.integer("type"));
        refuses("hybrid.conf: 2: key 'type' must be a number, is \"mamba2\"", () -> settings.real("type"));
        refuses("hybrid.conf: 2: key 'type' must be true or false, is \"mamba2\"", () -> settings.flag("type"));
        refuses(
                "hybrid.conf: 4: key 'big' must be an integer of 32 bits, is 3000000000",
                () -> settings.integer("big"));
        refuses("hybrid.conf: 5: key 'rate' must be an integer, is 0.001", () -> settings.longInteger("rate"));
        refuses("hybrid.conf: 6: key 'use-conv' must be a number, is true", () -> settings.real("use-conv"));
        refuses("hybrid.conf: 9: key 'train' must be a string, is a list of 2", () -> settings.string("train"));
        refuses("hybrid.conf: 9: key 'train' must be a list of integers, is \"a\"", () -> settings.integers("train"));
        refuses("hybrid.conf: 2: key 'type' must be a list of strings, is \"mamba2\"", () -> settings.strings("type"));
        refuses("hybrid.conf: 2: key 'type' must be a section, is \"mamba2\"", () -> settings.section("type"));
        refuses("hybrid.conf: 10: key 'layers' must be a list of sections, is 0", () -> settings.sections("layers"));
        refuses(
                "hybrid.conf: 12: key 'optimizer' must be a list of numbers, is a section",
                () -> settings.reals("optimizer"));
    }

    @Test
    void missingKeysAreRefusedWithThoseThatAreThere() {
        refuses(
                "hybrid.conf: 14: no key 'nme'; there is name (did you mean 'name'?)",
                () -> settings.sections("stages").getFirst().string("nme"));
        refuses(
                "hybrid.conf: 12: no key 'rate'; there is kind",
                () -> settings.section("optimizer").real("rate"));
    }

    @Test
    void unreadKeysAreAllReportedInOrder() {
        settings.string("type");
        settings.section("optimizer");
        settings.sections("stages").get(1).string("name");
        refuses("""
                hybrid.conf: 3: key 'heads' was not used
                hybrid.conf: 4: key 'big' was not used
                hybrid.conf: 5: key 'rate' was not used
                hybrid.conf: 6: key 'use-conv' was not used
                hybrid.conf: 7: key 'digits' was not used
                hybrid.conf: 8: key 'word' was not used
                hybrid.conf: 9: key 'train' was not used
                hybrid.conf: 10: key 'layers' was not used
                hybrid.conf: 11: key 'rates' was not used
                hybrid.conf: 12: key 'kind' was not used
                hybrid.conf: 14: key 'name' was not used""", settings::requireAllRead);
    }

    @Test
    void unreadKeysSuggestTheNearestThatWasAskedFor() {
        var members = new LinkedHashMap<String, SettingsNode>();
        members.put("state-size", new Scalar(128, "reference.conf: 2"));
        members.put("state_size", new Scalar(64, "hybrid.conf: 5"));
        members.put("heads", new Scalar(1, "hybrid.conf: 6"));
        Settings section = new TreeSettings(new Section(members, "hybrid.conf: 4"));
        assertEquals(128, section.integer("state-size"));
        section.integer("heads");
        refuses("hybrid.conf: 5: key 'state_size' was not used; did you mean 'state-size'?", section::requireAllRead);
    }

    @Test
    void askingWhetherAKeyIsThereIsNoRead() {
        assertTrue(settings.has("heads"));
        assertFalse(settings.has("head"));
        Settings one = MapSettings.of(Map.of("heads", 1));
        assertTrue(one.has("heads"));
        assertFalse(one.has("headz"));
        refuses("settings: key 'heads' was not used; did you mean 'headz'?", one::requireAllRead);
    }

    @Test
    void keysKeepTheirOrderAndKnowTheirOrigin() {
        assertEquals(List.copyOf(MEMBERS.keySet()), List.copyOf(settings.keys()));
        assertEquals("hybrid.conf: 5", settings.origin("rate"));
        assertEquals("hybrid.conf: 1", settings.origin("nothing"));
        assertEquals("hybrid.conf: 1", settings.origin());
        assertEquals(
                "hybrid.conf: 5: key 'rate' must be positive, is -1",
                settings.error("rate", "must be positive, is -1").getMessage());
    }

    @Test
    void sectionsAreTheSameEachTime() {
        assertSame(settings.section("optimizer"), settings.section("optimizer"));
        assertEquals(settings.sections("stages"), settings.sections("stages"));
    }

    @Test
    void scalarsAreStringsNumbersAndTruthValues() {
        refuses(
                "x: 1: a setting is a string, a number or a boolean, is java.util.ImmutableCollections$SetN",
                () -> new Scalar(Set.of(), "x: 1"));
    }
}
