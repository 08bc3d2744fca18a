package examples.cohere;

import carve.api.decoder.ConfigReader;
import carve.api.decoder.DecoderArchitecture;
import carve.api.decoder.DecoderBuilder;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.BlockLayout;
import carve.api.model.Norm;
import carve.api.op.Rope.Pairing;
import java.util.List;

/**
 * Command R7B and Command A, {@code Cohere2ForCausalLM} of the Transformers library: parallel blocks with layer norms without
 * biases; most layers have a sliding window and rotary embedding of adjacent elements, the others see all positions and have no
 * position embedding.
 */
public final class Cohere2 implements DecoderArchitecture {
    private static final String SLIDING = "sliding_attention";

    @Override
    public List<String> modelTypes() {
        return List.of("cohere2");
    }

    @Override
    public void describe(DecoderBuilder decoder) {
        ConfigReader config = decoder.config();
        boolean bias = config.flag("attention_bias", false);
        decoder.readExtents()
                .activation("hidden_act", "silu", true)
                .norm(Norm.Kind.LAYER_WITHOUT_BIAS, config.real("layer_norm_eps", 1e-5), 0)
                .layout(BlockLayout::parallel)
                .attentionBias(bias, bias)
                .logits(config.real("logit_scale", 0.0625), 0)
                .tied(true);
        int pattern = config.integer("sliding_window_pattern", 4);
        List<String> types = decoder.layerTypes(layer -> (layer + 1) % pattern != 0 ? SLIDING : "full_attention");
        RotaryEmbedding rope =
                decoder.ropeReader().withPairing(Pairing.INTERLEAVED).read(decoder.headWidth());
        decoder.windows(config.integer("sliding_window", 4096), types)
                .rope(layer -> types.get(layer).equals(SLIDING) ? rope : RotaryEmbedding.NONE);
    }
}
