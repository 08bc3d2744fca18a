package carve.attention;

import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.mixer.Projection;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
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
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        int[] positions = s.positionIds();
        Tensor q = rotate(splitHeads(q().apply(p, x), dims.heads()), positions, s.maxLength());
        Tensor k = rotate(splitHeads(k().apply(p, x), dims.kvHeads()), positions, s.maxLength());
        Tensor v = splitHeads(v().apply(p, x), dims.kvHeads());
        return projectHeads(p, attend(q, k, v, s.positions(), s), activationHook);
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return new KvCache(device, batch, capacity, dims, kvCacheType);
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        KvCache cache = (KvCache) state;
        int seen = cache.position();
        int length = seen + x.extent(1);
        int[] positions = IntStream.range(seen, length).toArray();
        Tensor q = rotate(splitHeads(q().apply(p, x), dims.heads()), positions, length);
        Tensor k = rotate(splitHeads(k().apply(p, x), dims.kvHeads()), positions, length);
        cache.append(k, splitHeads(v().apply(p, x), dims.kvHeads()));
        SequenceLayout rows = SequenceLayout.unpadded(x.extent(0), x.extent(1));
        return projectHeads(p, attend(q, cache.keys(), cache.values(), length, rows), ActivationHook.NONE);
    }

    @Override
    public Tensor advance(Params p, Tensor x, List<MixerState> states) {
        int[] seen = states.stream().mapToInt(MixerState::position).toArray();
        Tensor q = dims.rotaryEmbedding().rotateRows(splitHeads(q().apply(p, x), dims.heads()), seen);
        Tensor k = dims.rotaryEmbedding().rotateRows(splitHeads(k().apply(p, x), dims.kvHeads()), seen);
        Tensor v = splitHeads(v().apply(p, x), dims.kvHeads());
        SequenceLayout row = SequenceLayout.unpadded(1, x.extent(1));
        List<Tensor> heads = new ArrayList<>();
        for (int r = 0; r < seen.length; r++) {
            KvCache cache = (KvCache) states.get(r);
            cache.append(k.slice(0, r, r + 1), v.slice(0, r, r + 1));
            heads.add(attend(q.slice(0, r, r + 1), cache.keys(), cache.values(), cache.position(), row));
        }
        return projectHeads(p, Tensors.concat(0, heads), ActivationHook.NONE);
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
        return o().apply(p, heads.reshape(heads.extent(0), heads.extent(1), -1));
    }

    private Tensor splitHeads(Tensor x, int heads) {
        return x.reshape(x.extent(0), x.extent(1), heads, dims.headWidth());
    }

    private Tensor rotate(Tensor x, int[] positions, int length) {
        return dims.rotaryEmbedding().rotate(x, positions, length);
    }

    @Override
    public boolean hasConstantState() {
        return false;
    }

    @Override
    public long stateBytes(int batch, long positions) {
        return 2 * kvCacheType.bytes(batch * positions * dims.kvHeads() * dims.headWidth());
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return from.tensors();
    }
}
