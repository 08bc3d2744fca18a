package carve.app.integration;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.model.LayerPlan;
import carve.hocon.Hocon;
import carve.runtime.plan.ExternalHybridConfig;
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
    void recipesInYamlAreReadByLines() throws IOException {
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
    void wordsMayBeSaid() throws IOException {
        SettingsNode.Section said =
                Hocon.parse("words { hybrid = keep, linear = retention }", "-D").asTree();
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
                "key 'ssm_layers' does not say how many layers there are; the model does, and --layers N",
                "a.yaml",
                "ssm_layers: [0]");
        refused(
                "text_config: key 'layer_types', position 1: found 'moe', which has no meaning here; say one, as in words {"
                        + " \"moe\" = keep }",
                "b.json",
                "{'text_config': {'num_hidden_layers': 2, 'layer_types': ['mamba', 'moe']}}");
        refused(
                "found layers of decoder, encoder; give one of these parts in a file of its own",
                "c.json",
                "{'decoder': {'layer_types': ['mamba']}, 'encoder': {'layer_types': ['mamba']}}");
        refused(
                "found no key that says which layers are attention; there are attn, attn_layer_indices, attn_layer_offset,"
                        + " attn_layer_period, attn_layers, attn_type_list, block_types, full_attention_interval, full_attn_idxs,"
                        + " hybrid-layer-pattern, hybrid-override-pattern, hybrid_layer_ids, hybrid_layer_pattern, hybrid_override_pattern, layer_types, layers_block_type,"
                        + " linear_attn_config, softmax_attention, softmax_attentions, ssm_layers",
                "d.json",
                "{'model_type': 'llama'}");
    }
}
