package carve.attention;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.RotaryEmbedding;
import carve.api.param.ParamSpec;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests the initialisation of attention from attention. */
final class AttentionInitTest {
    private static final LayerConfig DIMS = new LayerConfig(24, 4, 2, 6, false, 1e-5, RotaryEmbedding.NONE);
    private static final Mixer LATENT =
            new LatentAttention(DIMS, new LatentAttentionConfig(DType.F32, 0, 9, 5, 4, 6, 0, 1e-6));

    private final Device device = new ReferenceDevice();

    @AfterEach
    void close() {
        device.close();
    }

    private static Mixer attention(QkNorm norm, boolean sinks) {
        return new Attention(DIMS, new AttentionConfig(DType.F32, 0, 0, 0, norm, 0, sinks, 0));
    }

    private AttentionWeights weights(Mixer mixer) {
        Map<String, Tensor> tensors = new HashMap<>();
        for (ParamSpec spec : mixer.parameters()) {
            tensors.put(spec.name(), Tensors.zeros(device, spec.shape()));
        }
        return new AttentionWeights(DIMS, tensors);
    }

    @Test
    void allThatALayerHasIsTakenByOneOfItsForm() {
        for (QkNorm norm : QkNorm.values()) {
            Mixer mixer = attention(norm, true);
            assertEquals(
                    weights(mixer).tensors().keySet(),
                    mixer.initFrom(weights(mixer)).keySet());
        }
        assertEquals(
                weights(LATENT).tensors().keySet(),
                LATENT.initFrom(weights(LATENT)).keySet());
    }

    @Test
    void formsWithoutAPlaceAreRefused() {
        AttentionWeights sinks = weights(attention(QkNorm.NONE, true));
        assertEquals(
                "attention: the layer has 'sinks' (4), for which there is no place with qk-norm=none, sinks=false; set both as"
                        + " the model has them",
                assertThrows(
                                IllegalArgumentException.class,
                                () -> attention(QkNorm.NONE, false).initFrom(sinks))
                        .getMessage());
        AttentionWeights whole = weights(attention(QkNorm.RMS_WHOLE, false));
        assertThrows(
                IllegalArgumentException.class,
                () -> attention(QkNorm.RMS_HEAD, false).initFrom(whole));
    }

    @Test
    void latentAndOtherAttentionTakeNothingFromEachOther() {
        Mixer plain = attention(QkNorm.NONE, false);
        assertEquals(Map.of(), plain.initFrom(weights(LATENT)));
        assertEquals(Map.of(), LATENT.initFrom(weights(plain)));
        assertEquals(Set.of(), weights(LATENT).projections().keySet());
    }
}
