package carve.models;

import carve.api.config.MapSettings;
import carve.api.config.SettingsNode;
import carve.api.mixer.MixerCatalog;
import carve.api.mixer.MixerProvider;
import carve.attention.AttentionProvider;
import carve.attention.LatentAttentionProvider;
import carve.mamba2.MambaInLlamaProvider;
import carve.testkit.TestMixerCatalog;
import java.util.Map;
import java.util.stream.Stream;

/** The mixers of which models in official layouts are made, with the defaults of their modules. */
public final class OfficialMixers {
    private OfficialMixers() {}

    /** Returns attention and other mixers. */
    public static TestMixerCatalog attentionAnd(MixerProvider... others) {
        MixerProvider[] all = Stream.concat(Stream.of(new AttentionProvider()), Stream.of(others))
                .toArray(MixerProvider[]::new);
        return TestMixerCatalog.of(all)
                .withDefaults(
                        "attention",
                        MapSettings.of(Map.of(
                                        "cache",
                                        "f32",
                                        "window",
                                        0,
                                        "soft-cap",
                                        0.0,
                                        "scale",
                                        0.0,
                                        "qk-norm",
                                        "none",
                                        "qk-norm-offset",
                                        0.0,
                                        "sinks",
                                        false,
                                        "clip-qkv",
                                        0.0))
                                .asTree())
                .withDefaults("plain-mamba2", plainMamba2());
    }

    /** Returns the defaults of Mamba-2 that configurations of models do not set. */
    public static SettingsNode.Section plainMamba2() {
        return MapSettings.of(Map.of("groups", "kv-heads", "init", "random")).asTree();
    }

    /** Returns attention, latent attention and other mixers. */
    public static TestMixerCatalog bothAttentionsAnd(MixerProvider... others) {
        MixerProvider[] all = Stream.concat(Stream.of(new LatentAttentionProvider()), Stream.of(others))
                .toArray(MixerProvider[]::new);
        return attentionAnd(all)
                .withDefaults(
                        "latent-attention",
                        MapSettings.of(Map.of("cache", "f32", "q-lora-rank", 0, "norm-epsilon", 1e-6))
                                .asTree());
    }

    /** Returns attention and MambaInLlama's mixer. */
    public static MixerCatalog mambaInLlama() {
        return mambaInLlamaAnd();
    }

    /** Returns attention, MambaInLlama's mixer and others. */
    public static MixerCatalog mambaInLlamaAnd(MixerProvider... others) {
        MixerProvider[] all = Stream.concat(Stream.of(new MambaInLlamaProvider()), Stream.of(others))
                .toArray(MixerProvider[]::new);
        return attentionAnd(all)
                .withDefaults(
                        "mamba-in-llama",
                        MapSettings.of(Map.of(
                                        "conv-width",
                                        4,
                                        "norm-epsilon",
                                        1e-5,
                                        "bias",
                                        false,
                                        "repeat-before-conv",
                                        false,
                                        "state",
                                        "f32",
                                        "init",
                                        "kqvo"))
                                .asTree());
    }
}
