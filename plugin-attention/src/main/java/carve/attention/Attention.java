package carve.attention;

import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.Projection;
import carve.api.mixer.RotaryEmbedding;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.Heads;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Causal softmax attention with grouped keys and values (Ainslie et al. 2023, arXiv:2305.13245) and rotary embedding, as
 * in Llama and InternLM2; with partial rotary width and biases, as in Phi.
 *
 * <p>Parameters: {@code q_proj.weight (H K, D)}, {@code k_proj.weight} and {@code v_proj.weight (G K, D)}, {@code
 * o_proj.weight (D, H K)}, and their {@code .bias} where the model has them.
 *
 * <p>Keys and values may be remembered in fewer bits than F32; {@link #forward}, with which one trains, does not.
 *
 * @param dims the dimensions of the layer
 * @param kvCacheType the storage type of remembered keys and values: F32, BF16, or Q8_0 where heads are blocks of 32 wide
 */
public record Attention(LayerConfig dims, DType kvCacheType) implements Mixer {
    private static final String KEYS = "keys"; // (B, S, G, K)
    private static final String VALUES = "values";

    /** Makes the mixer that remembers in F32. */
    public Attention(LayerConfig dims) {
        this(dims, DType.F32);
    }

    private Projection q() {
        return new Projection("q_proj", dims.heads() * dims.headWidth(), dims.hidden(), dims.bias());
    }

    private Projection k() {
        return new Projection("k_proj", dims.kvHeads() * dims.headWidth(), dims.hidden(), dims.bias());
    }

    private Projection v() {
        return new Projection("v_proj", dims.kvHeads() * dims.headWidth(), dims.hidden(), dims.bias());
    }

    private Projection o() {
        return new Projection("o_proj", dims.hidden(), dims.heads() * dims.headWidth(), dims.outputBias());
    }

    @Override
    public List<ParamSpec> parameters() {
        return Stream.of(q(), k(), v(), o())
                .flatMap(part -> part.parameters().stream())
                .toList();
    }

    @Override
    public List<StateSpec> state() {
        return List.of(
                StateSpec.perPosition(KEYS, dims.kvHeads(), dims.headWidth()).storedAs(kvCacheType),
                StateSpec.perPosition(VALUES, dims.kvHeads(), dims.headWidth()).storedAs(kvCacheType));
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        int[] positions = s.positionIds();
        RotaryEmbedding rotary = dims.rotaryEmbedding();
        Tensor q = rotary.rotate(splitHeads(q().apply(p, x)), positions, s.maxLength());
        Tensor k = rotary.rotate(splitHeads(k().apply(p, x)), positions, s.maxLength());
        return projectHeads(p, attend(q, k, splitHeads(v().apply(p, x)), s.positions(), s), activationHook);
    }

    @Override
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        Tensor q = dims.rotaryEmbedding().rotate(splitHeads(q().apply(p, x)), slots);
        Tensor k = dims.rotaryEmbedding().rotate(splitHeads(k().apply(p, x)), slots);
        Tensor v = splitHeads(v().apply(p, x));
        Tensor heads = slots.forEachState(List.of(q, k, v), this::attendToCache);
        return projectHeads(p, heads, ActivationHook.NONE);
    }

    private Tensor attendToCache(StateSlots one, List<Tensor> qkv) {
        Tensor keys = one.append(KEYS, qkv.get(1));
        Tensor values = one.append(VALUES, qkv.get(2));
        return attend(qkv.getFirst(), keys, values, one.length(), one.layout());
    }

    private Tensor attend(Tensor q, Tensor k, Tensor v, int keys, SequenceLayout s) {
        double scale = 1 / Math.sqrt(dims.headWidth());
        return Tensors.apply(new SoftmaxAttention(scale, true, keys, s), q, k, v)
                .getFirst();
    }

    private Tensor projectHeads(Params p, Tensor heads, ActivationHook activationHook) {
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, heads);
        }
        return o().apply(p, Heads.merge(heads));
    }

    private Tensor splitHeads(Tensor x) {
        return Heads.split(x, dims.headWidth());
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return from.projections();
    }
}
