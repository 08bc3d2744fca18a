package carve.attention;

import carve.api.device.Device;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.MixerState;
import carve.api.mixer.Probe;
import carve.api.mixer.Projection;
import carve.api.op.Sequences;
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
 * @param cache the storage type of remembered keys and values: F32, BF16, or Q8_0 where heads are blocks of 32 wide
 */
public record Attention(MixerDims dims, DType cache) implements Mixer {
    /** Makes the mixer that remembers in F32. */
    public Attention(MixerDims dims) {
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
    public Tensor forward(Params p, Tensor x, Sequences s, Probe probe) {
        int[] positions = s.positionIds();
        Tensor q = rotate(byHead(q().apply(p, x), dims.heads()), positions, s.longest());
        Tensor k = rotate(byHead(k().apply(p, x), dims.kvHeads()), positions, s.longest());
        Tensor v = byHead(v().apply(p, x), dims.kvHeads());
        return finish(p, attend(q, k, v, s.positions(), s), probe);
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return new KeyValueState(device, batch, capacity, dims, cache);
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        KeyValueState cache = (KeyValueState) state;
        int seen = cache.position();
        int length = seen + x.extent(1);
        int[] positions = IntStream.range(seen, length).toArray();
        Tensor q = rotate(byHead(q().apply(p, x), dims.heads()), positions, length);
        Tensor k = rotate(byHead(k().apply(p, x), dims.kvHeads()), positions, length);
        cache.append(k, byHead(v().apply(p, x), dims.kvHeads()));
        Sequences rows = Sequences.whole(x.extent(0), x.extent(1));
        return finish(p, attend(q, cache.keys(), cache.values(), length, rows), Probe.NONE);
    }

    @Override
    public Tensor advance(Params p, Tensor x, List<MixerState> states) {
        int[] seen = states.stream().mapToInt(MixerState::position).toArray();
        Tensor q = dims.rotary().rotateEach(byHead(q().apply(p, x), dims.heads()), seen);
        Tensor k = dims.rotary().rotateEach(byHead(k().apply(p, x), dims.kvHeads()), seen);
        Tensor v = byHead(v().apply(p, x), dims.kvHeads());
        Sequences row = Sequences.whole(1, x.extent(1));
        List<Tensor> heads = new ArrayList<>();
        for (int r = 0; r < seen.length; r++) {
            KeyValueState cache = (KeyValueState) states.get(r);
            cache.append(k.slice(0, r, r + 1), v.slice(0, r, r + 1));
            heads.add(attend(q.slice(0, r, r + 1), cache.keys(), cache.values(), cache.position(), row));
        }
        return finish(p, Tensors.concat(0, heads), Probe.NONE);
    }

    private Tensor attend(Tensor q, Tensor k, Tensor v, int keys, Sequences s) {
        double scale = 1 / Math.sqrt(dims.headWidth());
        return Tensors.apply(new SoftmaxAttention(scale, true, keys, s), q, k, v)
                .getFirst();
    }

    private Tensor finish(Params p, Tensor heads, Probe probe) {
        if (probe.wants(Probe.HEADS)) {
            probe.publish(Probe.HEADS, heads);
        }
        return o().apply(p, heads.reshape(heads.extent(0), heads.extent(1), -1));
    }

    private Tensor byHead(Tensor x, int heads) {
        return x.reshape(x.extent(0), x.extent(1), heads, dims.headWidth());
    }

    private Tensor rotate(Tensor x, int[] positions, int length) {
        return dims.rotary().rotate(x, positions, length);
    }

    @Override
    public boolean constantState() {
        return false;
    }

    @Override
    public long stateBytes(int batch, long positions) {
        return 2 * cache.bytes(batch * positions * dims.kvHeads() * dims.headWidth());
    }

    @Override
    public Map<String, Tensor> seed(AttentionWeights from) {
        return from.tensors();
    }
}
