package carve.models.decoder;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.checkpoint.NameMap;
import carve.api.json.Json;
import carve.api.json.JsonException;
import carve.api.json.JsonObject;
import carve.api.mixer.MixerCatalog;
import carve.api.model.LayerPlan;
import carve.api.model.MixerSpec;
import carve.api.model.ModelSpec;
import carve.api.tensor.DType;
import carve.models.OfficialMixers;
import carve.testkit.RandomModelContract;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** Decoders of each kind, made small and at random. */
final class DecoderFamilyTest {
    private static final DecoderFamily FAMILY = new DecoderFamily();

    private static MixerCatalog mixers() {
        return OfficialMixers.mambaInLlama();
    }

    private static JsonObject config(String type) {
        JsonObject config = JsonObject.empty()
                .with("model_type", type)
                .with("hidden_size", 24)
                .with("intermediate_size", 40)
                .with("num_hidden_layers", 3)
                .with("num_attention_heads", 4)
                .with("num_key_value_heads", 2)
                .with("vocab_size", 11)
                .with("max_position_embeddings", 64);
        return type.equals("phi") ? config.with("num_key_value_heads", 4).with("partial_rotary_factor", 0.67) : config;
    }

    /** The laws of families on one kind. */
    abstract static class OnKind extends RandomModelContract {
        OnKind(JsonObject config) {
            super(FAMILY, DecoderFamilyTest.mixers(), DType.F32, config);
        }
    }

    @Nested
    final class Llama extends OnKind {
        Llama() {
            super(config("llama").with("attention_bias", true));
        }
    }

    @Nested
    final class Tied extends OnKind {
        Tied() {
            super(config("llama").with("tie_word_embeddings", true));
        }
    }

    @Nested
    final class Mistral extends OnKind {
        Mistral() {
            super(config("mistral").with("head_dim", 8));
        }
    }

    @Nested
    final class Qwen2 extends OnKind {
        Qwen2() {
            super(config("qwen2"));
        }
    }

    @Nested
    final class InternLm2 extends OnKind {
        InternLm2() {
            super(config("internlm2").with("bias", true));
        }
    }

    @Nested
    final class Phi extends OnKind {
        Phi() {
            super(config("phi"));
        }
    }

    @Nested
    final class Hybrid extends OnKind {
        Hybrid() {
            super(FAMILY.studentSpec(
                            FAMILY.spec(config("llama"), DecoderFamilyTest.mixers()),
                            new LayerPlan(List.of(
                                    MixerSpec.of("keep"), MixerSpec.of("mamba-in-llama"), MixerSpec.of("keep"))),
                            DecoderFamilyTest.mixers())
                    .config());
        }
    }

    private static TreeSet<String> layer(JsonObject config) {
        ModelSpec spec = FAMILY.spec(config, mixers());
        NameMap names = FAMILY.names(spec);
        TreeSet<String> found = new TreeSet<>();
        names.checkpointNames().stream()
                .filter(name -> name.startsWith("model.layers.1.") && !name.endsWith("inv_freq"))
                .forEach(name -> found.add(name.substring("model.layers.1.".length())));
        return found;
    }

    /** Names are those of the Transformers library. */
    @Test
    void namesAreOfficial() {
        assertEquals(
                new TreeSet<>(List.of(
                        "input_layernorm.weight",
                        "post_attention_layernorm.weight",
                        "mlp.gate_proj.weight",
                        "mlp.up_proj.weight",
                        "mlp.down_proj.weight",
                        "self_attn.q_proj.weight",
                        "self_attn.q_proj.bias",
                        "self_attn.k_proj.weight",
                        "self_attn.k_proj.bias",
                        "self_attn.v_proj.weight",
                        "self_attn.v_proj.bias",
                        "self_attn.o_proj.weight")),
                layer(config("qwen2")));
        assertEquals(
                new TreeSet<>(List.of(
                        "attention_norm.weight",
                        "ffn_norm.weight",
                        "feed_forward.w1.weight",
                        "feed_forward.w2.weight",
                        "feed_forward.w3.weight",
                        "attention.wqkv.weight",
                        "attention.wo.weight")),
                layer(config("internlm2").with("bias", false)));
        assertEquals(
                new TreeSet<>(List.of(
                        "input_layernorm.weight",
                        "input_layernorm.bias",
                        "mlp.fc1.weight",
                        "mlp.fc1.bias",
                        "mlp.fc2.weight",
                        "mlp.fc2.bias",
                        "self_attn.q_proj.weight",
                        "self_attn.q_proj.bias",
                        "self_attn.k_proj.weight",
                        "self_attn.k_proj.bias",
                        "self_attn.v_proj.weight",
                        "self_attn.v_proj.bias",
                        "self_attn.dense.weight",
                        "self_attn.dense.bias")),
                layer(config("phi")));
    }

    @Test
    void whatIsNotComputedIsRefused() {
        assertRefused(
                "qk_layernorm: true is not supported for model_type \"stablelm\"; it must be false",
                config("stablelm").with("qk_layernorm", true));
        assertRefused(
                "hidden_act: no activation 'tanh'; there are gelu, gelu_fast, gelu_new, gelu_pytorch_tanh, quick_gelu, relu, relu2,"
                        + " silu, swish",
                config("llama").with("hidden_act", "tanh"));
        assertRefused(
                "rope_scaling.type: no scaling of rotary frequencies 'ntk'; there are default, dynamic, linear, llama3, longrope,"
                        + " yarn",
                config("llama").with("rope_scaling", JsonObject.empty().with("type", "ntk")));
        assertRefused(
                "sliding_window: is not supported, and may change what the model computes, nor are foo, rope_scaling.bar; remove"
                        + " the keys that do not",
                config("llama")
                        .with("sliding_window", 8)
                        .with("foo", false)
                        .with("rope_scaling", JsonObject.empty().with("bar", 1)));
        assertRefused(
                "num_attention_heads: 5 does not divide hidden_size 24",
                config("llama").with("num_attention_heads", 5));
    }

    private static void assertRefused(String message, JsonObject config) {
        JsonObject parsed = Json.parseObject(Json.print(config), "");
        assertEquals(
                message,
                assertThrows(JsonException.class, () -> FAMILY.spec(parsed, mixers()))
                        .getMessage());
    }
}
