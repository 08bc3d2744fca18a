package carve.runtime.plan;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.json.Json;
import carve.api.json.JsonObject;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tests that layer notations of other projects keep their meaning. */
final class ExternalLayerPatternTest {
    private static Settings settings(String json) {
        return MapSettings.of((JsonObject) Json.parse(json.replace('\'', '"'), "config"), "config");
    }

    private static String plan(String json, int layers) {
        Settings settings = settings(json);
        LayerPlan plan = LayerPlanReader.read(settings, layers);
        settings.requireAllRead();
        return plan.layers().stream().map(MixerSpec::name).collect(Collectors.joining(" "));
    }

    private static void refused(String message, String json, int layers) {
        SettingsException e = assertThrows(SettingsException.class, () -> plan(json, layers));
        assertEquals(message, e.getMessage());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                // transformers; Qwen3-Next has both keys
                "{'layer_types': ['linear_attention', 'full_attention']} ~ mamba2 keep",
                "{'layer_types': ['mamba', 'attention', 'sliding_attention']} ~ mamba2 keep keep",
                "{'layer_types': ['mamba', 'mamba', 'mamba', 'attention'], 'full_attention_interval': 4} ~ mamba2 mamba2 mamba2 keep",
                // Jamba, Bamba, mmMamba
                "{'layers_block_type': ['mamba', 'attention', 'mamba']} ~ mamba2 keep mamba2",
                "{'layers_block_type': ['mha', 'mamba2']} ~ keep mamba2",
                "{'attn_layer_period': 4, 'attn_layer_offset': 2} ~ mamba2 mamba2 keep mamba2 mamba2 mamba2 keep",
                "{'attn_layer_indices': [1, 3]} ~ mamba2 keep mamba2 keep",
                // MambaInLlama, MaTVLM
                "{'attn_layers': [0, 2]} ~ keep mamba-in-llama keep",
                "{'ssm_layers': [0, 2]} ~ mamba-in-llama keep mamba-in-llama",
                "{'ssm_layers': [0], 'attn_layers': [1]} ~ mamba-in-llama keep",
                // mmMamba's and LoLCATs' recipes
                "{'softmax_attention': [0, 4]} ~ keep mamba2 mamba2 mamba2 keep mamba2",
                "{'softmax_attentions': []} ~ mamba2 mamba2",
                // Qwen3-Next, LFM2, RecurrentGemma, MiniMax, fla, Kimi Linear
                "{'full_attention_interval': 2} ~ mamba2 keep mamba2 keep mamba2",
                "{'full_attn_idxs': [2]} ~ mamba2 mamba2 keep",
                "{'block_types': ['recurrent', 'recurrent', 'attention']} ~ mamba2 mamba2 keep mamba2",
                "{'attn_type_list': [0, 0, 1]} ~ mamba2 mamba2 keep",
                "{'attn': {'layers': [1], 'num_heads': 4}} ~ mamba2 keep mamba2",
                "{'linear_attn_config': {'kda_layers': [1, 2, 3], 'full_attn_layers': [4], 'head_dim': 8}} ~ mamba2 mamba2 mamba2 keep",
                // Nemotron-H, Megatron
                "{'hybrid_override_pattern': 'M-M-*-M-'} ~ mamba2 mamba2 keep mamba2",
                "{'hybrid_override_pattern': 'MEM*E'} ~ mamba2 mamba2 keep",
                "{'hybrid-layer-pattern': 'MM*'} ~ mamba2 mamba2 keep",
                "{'hybrid_layer_pattern': 'M-G-|*-+-/*-'} ~ mamba2 mamba2 keep keep",
                // kinds may be mapped to mixers
                "{'layer_types': ['mamba', 'conv'], 'layer-kinds': {'conv': 'keep'}} ~ mamba2 keep",
                "{'ssm_layers': [1], 'layer-kinds': {'linear': 'retention', 'attention': 'window'}} ~ window retention",
                "{'hybrid_layer_ids': [1], 'layer-kinds': {'hybrid': 'keep'}} ~ mamba2 keep",
                "{'hybrid_layer_pattern': 'M*', 'layer-kinds': {'*': 'mamba2', 'M': 'keep'}} ~ keep mamba2"
            })
    void notationsOfOthersArePlans(String json, String words) {
        assertEquals(words, plan(json, words.split(" ").length));
    }

    @Test
    void kindsMayBeMappedToNamesUnderMixers() {
        Settings settings = settings("{'ssm_layers': [0], 'layer-kinds': {'linear': 'wide'},"
                + " 'mixers': {'wide': {'type': 'mamba2', 'conv-width': 4}}}");
        LayerPlan plan = LayerPlanReader.read(settings, 1);
        assertEquals("mamba2", plan.layers().getFirst().name());
        assertEquals(
                "{conv-width=4}", plan.layers().getFirst().settings().toMap().toString());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '~',
            quoteCharacter = '`',
            value = {
                "{'layer_types': ['mamba', 'hybrid']} ~ key 'layer_types', position 1: unknown layer kind 'hybrid'; map it to a mixer, for example layer-kinds { \"hybrid\" = keep }",
                "{'layer_types': ['mamba']} ~ key 'layer_types' has 1 entries, the model has 2 layers; name one for each, 'mixer x3' repeats, 'mixer x rest' fills and 'keep' leaves a layer as it is",
                "{'layer_types': 'mamba'} ~ key 'layer_types' must be a list, is \"mamba\"",
                "{'ssm_layers': [0, 2]} ~ key 'ssm_layers', position 1: found 2; layers are numbers from 0 to 1",
                "{'ssm_layers': [1, 1]} ~ key 'ssm_layers', position 1: layer 1 is listed twice; remove one",
                "{'attn_layers': [0, '1-3']} ~ key 'attn_layers', position 1: found \"1-3\"; write the number of a layer",
                "{'ssm_layers': [0], 'attn_layers': [0]} ~ key 'ssm_layers' makes layer 0 'mamba-in-llama', key 'attn_layers' makes it 'keep'; remove one",
                "{'attn_type_list': [0, 2]} ~ key 'attn_type_list', position 1: expected 1 (attention) or 0 (linear), found 2",
                "{'attn_layer_period': 8} ~ key 'attn_layer_period' needs 'attn_layer_offset': attention is where i mod period is offset",
                "{'attn_layer_period': 8, 'attn_layer_offset': 8} ~ key 'attn_layer_offset' must be from 0 to 7, less than the period, is 8",
                "{'full_attention_interval': 0} ~ key 'full_attention_interval' must be 1 or more, is 0",
                "{'linear_attn_config': {'kda_layers': [1], 'full_attn_layers': []}} ~ linear_attn_config: key 'linear_attn_config' names layer 2 in neither list; let 'kda_layers' and 'full_attn_layers' name each layer from 1 to 2 once",
                "{'hybrid_override_pattern': 'M-?-'} ~ key 'hybrid_override_pattern': character 3 of 'M-?-': found '?'; parts are M and G (linear), *, + and D (attention), - and E (feed-forward), | between stages of a pipeline; was the pattern quoted, so that the shell left it alone?",
                "{'hybrid_override_pattern': '-M'} ~ key 'hybrid_override_pattern': character 1 of '-M': found '-'; a feed-forward part belongs to the mixer before it, and there is none; write M, G, *, + or D before it"
            })
    void notationsThatDoNotFitAreRefusedWithKeyAndPosition(String json, String problem) {
        refused("config: " + problem, json, 2);
    }
}
