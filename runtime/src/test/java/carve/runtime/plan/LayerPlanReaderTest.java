package carve.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Words become layers, and words that do not are refused with their place. */
final class LayerPlanReaderTest {
    private static List<String> mixers(Map<String, ?> settings, int layers) {
        return LayerPlanReader.read(MapSettings.of(settings), layers).layers().stream()
                .map(MixerSpec::name)
                .toList();
    }

    private static void refused(String message, Map<String, ?> settings, int layers) {
        SettingsException e = assertThrows(SettingsException.class, () -> mixers(settings, layers));
        assertEquals(message, e.getMessage());
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

    @ParameterizedTest
    @CsvSource({
        "keep mamba2 x3, keep mamba2 mamba2 mamba2",
        "(keep mamba2 x2) x2, keep mamba2 mamba2 keep mamba2 mamba2",
        "keep (a (b c) x 2)x2, keep a b c b c a b c b c",
        "keep mamba2 x rest keep, keep mamba2 mamba2 mamba2 keep",
        "(keep mamba2) x rest a, keep mamba2 keep mamba2 a",
        "'a,b,,c', a b c"
    })
    void oneStringHoldsWordsGroupsAndARest(String text, String words) {
        List<String> expected = List.of(words.split(" "));
        assertEquals(expected, mixers(Map.of("layers", text), expected.size()));
        assertEquals(expected, mixers(Map.of("layers", List.of(text)), expected.size()));
    }

    @Test
    void plansWithoutARestFitTheirOwnNumberOfLayers() {
        assertEquals(
                5,
                LayerPlanReader.read(MapSettings.of(Map.of("layers", "keep mamba2 x4")))
                        .layers()
                        .size());
    }

    @ParameterizedTest
    @CsvSource({
        "'keep 1;mamba2 7', 32, 0 8 16 24",
        "'mamba2 3;keep 1', 8, 3 7",
        "'keep 1;mamba2 7', 26, 0 8 17",
        "'keep 12.5%;mamba2 87.5%', 16, 0 8",
        "'keep 1;a 1;b 1', 7, 0 2 4",
        "'mamba2 1', 3, ''"
    })
    void ratiosAreSpreadEvenlyOverTheDepth(String shares, int layers, String kept) {
        LayerPlan plan = LayerPlanReader.read(MapSettings.of(Map.of("ratio", List.of(shares.split(";")))), layers);
        assertEquals(
                kept,
                String.join(" ", plan.kept().stream().map(Object::toString).toList()));
        assertEquals(layers, plan.layers().size());
    }

    @Test
    void namesStandForMixersWithSettings() {
        LayerPlan plan = LayerPlanReader.read(MapSettings.of(Map.of(
                "layers",
                List.of("wide", "mamba2"),
                "mixers",
                Map.of("wide", Map.of("type", "mamba2", "conv-width", 4)))));
        assertEquals(
                List.of("mamba2", "mamba2"),
                plan.layers().stream().map(MixerSpec::name).toList());
        assertEquals(
                Map.of("conv-width", 4), plan.layers().getFirst().settings().toMap());
        assertEquals(Map.of(), plan.layers().getLast().settings().toMap());
    }

    @Test
    void mixersInheritTheSettingsOfOthers() {
        LayerPlan plan = LayerPlanReader.read(MapSettings.of(Map.of(
                "layers",
                "finest",
                "mixers",
                Map.of(
                        "base", Map.of("type", "mamba2", "conv-width", 4, "init", "mimic"),
                        "fine", Map.of("from", "base", "norm-epsilon", 1e-6),
                        "finest", Map.of("from", "fine", "conv-width", 8)))));
        assertEquals("mamba2", plan.layers().getFirst().name());
        assertEquals(
                Map.of("conv-width", 8, "init", "mimic", "norm-epsilon", 1e-6),
                plan.layers().getFirst().settings().toMap());
    }

    @Test
    void singleLayersAreOverridden() {
        LayerPlan plan = LayerPlanReader.read(
                MapSettings.of(Map.of(
                        "repeat",
                        "wide",
                        "mixers",
                        Map.of("wide", Map.of("type", "mamba2", "conv-width", 4)),
                        "overrides",
                        Map.of(
                                "0-7/4",
                                "keep",
                                "-1",
                                "retention",
                                "1, 3",
                                Map.of("norm-epsilon", 1e-6),
                                "2",
                                Map.of("from", "wide", "conv-width", 2)))),
                8);
        assertEquals(List.of(0, 4), plan.kept());
        assertEquals(
                List.of("keep", "mamba2", "mamba2", "mamba2", "keep", "mamba2", "mamba2", "retention"),
                plan.layers().stream().map(MixerSpec::name).toList());
        assertEquals(
                Map.of("conv-width", 4, "norm-epsilon", 1e-6),
                plan.layers().get(3).settings().toMap());
        assertEquals(Map.of("conv-width", 2), plan.layers().get(2).settings().toMap());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mamba2 x3 x4 | character 11 of 'mamba2 x3 x4': found 'x4'; expected a mixer or group before the repetition, for example 'mamba2 x3'",
                "mamba2 x | character 8 of 'mamba2 x': found 'x'; a number or 'rest' has to follow 'x', as in 'mamba2 x3'",
                "mamba2 x0 | character 8 of 'mamba2 x0': found 'x0'; a repetition is a number from 1 to 100000",
                "3*mamba2 | character 1 of '3*mamba2': found '3*mamba2'; write names, as in 'keep', 'mamba2 x3', '(keep mamba2 x3) x2' or 'mamba2 x rest'",
                "(keep mamba2 | character 1 of '(keep mamba2': unmatched '('",
                "keep) x2 | character 5 of 'keep) x2': found ')'; unmatched ')'",
                "() x2 | character 2 of '() x2': found ')'; a group needs a name, as in '(keep mamba2 x3)'",
                "(a x rest) x2 | character 10 of '(a x rest) x2': found ')'; 'x rest' is not allowed in a group; write a number"
            })
    void wordsThatMeanNothingAreRefusedWithTheirPlace(String text, String problem) {
        refused("settings: key 'layers', entry 2: " + problem, Map.of("layers", List.of("keep", text)), 12);
    }

    @Test
    void plansOfAnotherLengthAreRefused() {
        refused(
                "settings: key 'layers' has 5 entries, the model has 6 layers; name one for each, 'mixer x3' repeats, 'mixer x"
                        + " rest' fills and 'keep' leaves a layer as it is",
                Map.of("layers", "mamba2 x5"),
                6);
        refused(
                "settings: key 'layers': 'x rest' repeats a group of 2 layers, but 3 layers remain; change the group or the"
                        + " mixers around it",
                Map.of("layers", "(a b) x rest c"),
                4);
        refused(
                "settings: key 'layers': 'x rest' occurs 2 times; at most one is allowed",
                Map.of("layers", "a x rest b x rest"),
                4);
    }

    @Test
    void layoutsAreSaidOnce() {
        refused(
                "settings: key 'repeat' and key 'layers' exclude each other; remove one",
                Map.of("repeat", "keep", "layers", "keep"),
                1);
        refused(
                "settings: key 'ssm_layers' and key 'layers' exclude each other; remove one",
                Map.of("ssm_layers", List.of(0), "layers", "keep"),
                1);
        refused(
                "settings: key 'repeat' must have a name, is an empty list; write a mixer or 'keep'",
                Map.of("repeat", List.of()),
                3);
        refused(
                "settings: layers[0]: key 'layers', entry 1: found a section; write a name, and its settings under 'mixers'",
                Map.of("layers", List.of(Map.of("type", "mamba2"))),
                1);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "mamba2;keep 1 | , entry 1: 'mamba2' is not a ratio; expected a mixer and its share, for example [keep 1, mamba2 7] or [mamba2 12.5%, keep 87.5%]",
                "keep 0;mamba2 1 | , entry 1: 'keep 0' is not a ratio; expected a mixer and its share, for example [keep 1, mamba2 7] or [mamba2 12.5%, keep 87.5%]",
                "keep 10%;mamba2 80% | : found percentages that add up to 90.0; percentages must be given for all mixers and add up to 100",
                "keep 10%;mamba2 1 | : found percentages and other numbers; percentages must be given for all mixers and add up to 100"
            })
    void ratiosThatMeanNothingAreRefused(String shares, String problem) {
        refused("settings: key 'ratio'" + problem, Map.of("ratio", List.of(shares.split(";"))), 8);
    }

    @Test
    void inheritanceThatLeadsNowhereIsRefused() {
        refused(
                "settings: mixers.a: key 'mixers.a.from': circular 'from': a -> a; give one of them a 'type'",
                Map.of("repeat", "keep", "mixers", Map.of("a", Map.of("from", "a"))),
                2);
        refused(
                "settings: mixers.wide: key 'mixers.wide.from': no name under 'mixers' 'bsae'; there are base, wide (did you mean 'base'?)",
                Map.of(
                        "repeat",
                        "keep",
                        "mixers",
                        Map.of("base", Map.of("type", "mamba2"), "wide", Map.of("from", "bsae"))),
                2);
        refused(
                "settings: mixers.wide: key 'mixers.wide': expected 'type' or 'from', for example type = mamba2",
                Map.of("repeat", "keep", "mixers", Map.of("wide", Map.of("conv-width", 4))),
                2);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "8 | found layer 8; there are 8, from 0 to 7",
                "-9 | found layer -9; there are 8, from 0 to 7",
                "5-3 | range '5-3' is empty; write the smaller number first, and a step of 1 or more",
                "first | found 'first'; name layers as 5, 5-7, 0-7/4 or -1"
            })
    void overridesOfLayersThatAreNotThereAreRefused(String at, String problem) {
        refused(
                "settings: overrides: key 'overrides.%s': %s".formatted(at, problem),
                Map.of("repeat", "keep", "overrides", Map.of(at, "mamba2")),
                8);
    }

    @Test
    void settingsOfKeptLayersAreRefused() {
        refused(
                "settings: overrides.3: key 'overrides.3': layer 3 is kept unchanged and has no mixer settings to override; name a mixer, for"
                        + " example type = mamba2",
                Map.of("repeat", "keep", "overrides", Map.of("3", Map.of("conv-width", 4))),
                8);
    }

    @Test
    void mixersThatAreNotInstalledAreToldWithTheirPlaces() {
        LayerPlan plan = LayerPlanReader.read(MapSettings.of(
                Map.of("layers", List.of("keep", "mamba3", "wide"), "mixers", Map.of("wide", Map.of("type", "x")))));
        SettingsException e = assertThrows(SettingsException.class, () -> plan.checked(3, Set.of("mamba2")));
        assertEquals(
                "settings: key 'layers', entry 2: no mixer 'mamba3'; there is mamba2 (did you mean 'mamba2'?)\n"
                        + "settings: mixers.wide: no mixer 'x'; there is mamba2",
                e.getMessage());
    }

    @Test
    void everyRatioGivesEveryLayerAWord() {
        for (int layers : new int[] {1, 2, 5, 13, 63, 64, 65, 200}) {
            int count = layers;
            IntStream.rangeClosed(1, 9)
                    .forEach(part -> assertEquals(
                            count,
                            mixers(Map.of("ratio", List.of("a " + part, "b 3", "c 2")), count)
                                    .size()));
        }
    }

    @Test
    void plansThatAreDeepOrLongAreRefused() {
        for (Map<String, ?> settings : List.of(
                Map.of("layers", "(".repeat(5000) + "a" + ")".repeat(5000)),
                Map.of("layers", "(".repeat(5000)),
                Map.of("layers", "(a x100000) ".repeat(3000)),
                Map.of("layers", java.util.Collections.nCopies(3000, "(a x 50000)")),
                Map.of("repeat", java.util.Collections.nCopies(3000, "(a x 50000)")),
                Map.of("layers", "((((a x99999) x99999) x99999) x99999)"),
                Map.of("repeat", "a", "overrides", Map.of("0-99999,".repeat(5000) + "0", "b")))) {
            assertThrows(SettingsException.class, () -> mixers(settings, 100_000));
        }
        refused(
                "settings: key 'layers': character 33 of '%s': found '('; groups are nested more than 32 deep"
                        .formatted("(".repeat(40)),
                Map.of("layers", "(".repeat(40)),
                3);
    }

    @Test
    void chainsOfMixersAreBounded() {
        Map<String, Object> mixers = new java.util.LinkedHashMap<>();
        IntStream.range(0, 20_000).forEach(i -> mixers.put("m" + i, Map.of("from", "m" + (i + 1))));
        mixers.put("m20000", Map.of("type", "a"));
        assertThrows(SettingsException.class, () -> mixers(Map.of("mixers", mixers, "repeat", "m0"), 3));
    }

    @Test
    void numbersOfLayersThatNoModelHasAreRefused() {
        refused(
                "settings: a plan is for 1 to 100000 layers, the model has 2000000000",
                Map.of("repeat", "a"),
                2_000_000_000);
        refused("settings: a plan is for 1 to 100000 layers, the model has -1", Map.of("repeat", "a"), -1);
        assertEquals(
                100_000, mixers(Map.of("ratio", List.of("a 1", "b 1")), 100_000).size());
    }
}
