package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.model.LayerPlan;
import carve.hocon.Hocon;
import carve.runtime.plan.ExternalHybridConfig;
import carve.runtime.plan.MissingLayerCountException;
import carve.runtime.plan.PlanWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Configurations of other projects are found to be plans, wherever in the file they are. */
final class ExternalHybridConfigTest {
    private static final SettingsNode.Section NOTHING = new SettingsNode.Section(Map.of(), "none");

    @TempDir
    private Path folder;

    private ExternalHybridConfig config(String name, String text) throws IOException {
        return ExternalHybridConfig.read(Files.writeString(folder.resolve(name), text));
    }

    private static String words(LayerPlan plan) {
        return PlanWriter.compact(
                plan.layers().stream().map(choice -> choice.name()).toList());
    }

    private String json(String text) throws IOException {
        return words(config("config.json", text.replace('\'', '"')).plan(NOTHING, OptionalInt.empty()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "{'num_hidden_layers': 8, 'attn_layer_period': 8, 'attn_layer_offset': 4} ~ mamba2 x4 keep mamba2 x3",
                "{'num_hidden_layers': 6, 'hybrid_override_pattern': 'M-M-*-'} ~ mamba2 x2 keep",
                "{'n_layer': 4, 'd_model': 2, 'attn_layers': [1, 2, 3]} ~ mamba-in-llama keep x3",
                "{'full_attn_idxs': null, 'layer_types': ['conv', 'full_attention'], 'image_grid': [[1, 2]]} ~ mamba2 keep",
                "{'text_config': {'num_hidden_layers': 4, 'full_attention_interval': 4}, 'vision_config': {'num_hidden_layers': 9}} ~ mamba2 x3 keep",
                "{'embedding_config': {'num_hidden_layers': 2, 'layers_block_type': ['mha', 'mamba2']},"
                        + " 'llm_config': {'num_hidden_layers': 1, 'layers_block_type': ['mamba2']}} ~ keep mamba2 x2",
                "{'attn': {'layers': [0]}, 'num_hidden_layers': 2, 'num_layers': 5} ~ keep mamba2",
                "{'carve': {'layers': [{'mixer': 'attention', 'settings': {}}, {'mixer': 'x', 'settings': {'a': 1}}]}} ~ attention x"
            })
    void keysAreFoundAtTheTopAndInParts(String text, String expected) throws IOException {
        assertEquals(expected, json(text));
    }

    @Test
    void recipesMayBeYaml() throws IOException {
        ExternalHybridConfig inline = config("a.yaml", """
                model_name: x   # ssm_layers: [7]
                distill_stage3:
                  softmax_attention: [0, 2,
                    4]  # every second
                  other: {a: 1}
                """);
        assertEquals("(keep mamba2) x3", words(inline.plan(NOTHING, OptionalInt.of(6))));
        ExternalHybridConfig listed = config("b.yml", "num_hidden_layers: 3\nssm_layers:\n  - 0\n  - 2\nname: 'x'\n");
        assertEquals("mamba-in-llama keep mamba-in-llama", words(listed.plan(NOTHING, OptionalInt.empty())));
        ExternalHybridConfig types = config("c.yaml", "layer_types: [\"mamba\", 'attention']\n");
        assertEquals("mamba2 keep", words(types.plan(NOTHING, OptionalInt.empty())));
    }

    @Test
    void layersMayBeCountedOutsideOfTheLayout() throws IOException {
        ExternalHybridConfig config =
                config("d.yaml", "model: {depth: 1}\nnum_hidden_layers: 3\nstage:\n  ssm_layers: [0, 2]\n");
        assertEquals("mamba-in-llama keep mamba-in-llama", words(config.plan(NOTHING, OptionalInt.empty())));
    }

    @Test
    void aliasesAndBlocksAreYamlToo() throws IOException {
        ExternalHybridConfig config = config("e.yaml", """
                %YAML 1.2
                ---
                defaults: &layout
                - mamba
                - attention
                note: |
                  ssm_layers: [7]
                layer_types: *layout
                """);
        assertEquals("mamba2 keep", words(config.plan(NOTHING, OptionalInt.empty())));
    }

    @Test
    void layersThatNothingCountsAreAsked() throws IOException {
        ExternalHybridConfig config = config("a.yaml", "ssm_layers: [0]");
        var e = assertThrows(MissingLayerCountException.class, () -> config.plan(NOTHING, OptionalInt.empty()));
        assertEquals(
                folder.resolve("a.yaml") + ": key 'ssm_layers' does not say how many layers there are; the model does",
                e.getMessage());
    }

    private void unreadable(String problem, String text) {
        SettingsException e = assertThrows(SettingsException.class, () -> config("broken.yaml", text));
        assertEquals(
                folder.resolve("broken.yaml") + ": " + problem,
                e.getMessage().lines().findFirst().orElseThrow());
    }

    @Test
    void whatIsNoYamlIsRefused() {
        unreadable("expected a mapping, found [1, 2]", "- 1\n- 2\n");
        unreadable(
                "aliases (*) make more than 200000 values of it or nest it more than 64 levels deep", "a: &a [*a]\n");
        unreadable("is not valid YAML: while constructing a mapping", "a: 1\na: 2\n");
    }

    @Test
    void wordsMayBeSaid() throws IOException {
        SettingsNode.Section said = Hocon.parse("layer-kinds { hybrid = keep, linear = retention }", "-D")
                .asTree();
        ExternalHybridConfig config = config("c.json", "{\"num_hidden_layers\": 3, \"hybrid_layer_ids\": [1]}");
        assertEquals("retention keep retention", words(config.plan(said, OptionalInt.empty())));
    }

    private void refused(String problem, String name, String text) throws IOException {
        ExternalHybridConfig config = config(name, text.replace('\'', '"'));
        SettingsException e = assertThrows(SettingsException.class, () -> config.plan(NOTHING, OptionalInt.empty()));
        assertEquals(folder.resolve(name) + ": " + problem, e.getMessage());
    }

    @Test
    void whatIsWrongIsToldWithItsPlace() throws IOException {
        refused(
                "text_config: key 'layer_types', position 1: unknown layer kind 'moe'; map it to a mixer, for example layer-kinds {"
                        + " \"moe\" = keep }",
                "b.json",
                "{'text_config': {'num_hidden_layers': 2, 'layer_types': ['mamba', 'moe']}}");
        refused(
                "ambiguous layer layouts in decoder, encoder; save the one wanted in a separate file",
                "c.json",
                "{'decoder': {'layer_types': ['mamba']}, 'encoder': {'layer_types': ['mamba']}}");
        refused(
                "no known layer-layout key found; known keys are attn, attn_layer_indices, attn_layer_offset,"
                        + " attn_layer_period, attn_layers, attn_type_list, block_types, full_attention_interval, full_attn_idxs,"
                        + " hybrid-layer-pattern, hybrid-override-pattern, hybrid_layer_ids, hybrid_layer_pattern, hybrid_override_pattern, layer_types, layers_block_type,"
                        + " linear_attn_config, softmax_attention, softmax_attentions, ssm_layers",
                "d.json",
                "{'model_type': 'llama'}");
    }
}
