package carve.mamba2;

import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.mixer.Projection;
import carve.api.op.CausalConv;
import carve.api.op.GatedRmsNorm;
import carve.api.op.SequenceLayout;
import carve.api.param.CounterRandom;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Mamba-2 as mmMamba has it (arXiv:2502.13145, section 3.1; the authors' code where the two differ): H heads with a state
 * {@code (P, N)} each, P = N = the width of attention's heads, values and keys shared by groups as in attention.
 *
 * <pre>{@code
 * v, k, q = silu(conv(v_proj x, k_proj x, q_proj x))          causal, depthwise, width W
 * dt      = softplus(in_proj x + dt_bias)
 * S[t]    = exp(-exp(A_log_bias) dt[t]) S[t-1] + dt[t] v[t] k[t]^T
 * y[t]    = S[t] q[t]
 * out     = o_proj(rms_norm(y) g_norm silu(g_proj x))         the norm over each head
 * }</pre>
 *
 * <p>Equation 2 of the paper leaves out the dt of the input term; its code and its checkpoints have it. There is no skip
 * connection D, no position embedding, and no scale.
 *
 * <p>Parameters have the names of the official training checkpoints: {@code q_proj.weight (H N, D)}, {@code k_proj.weight
 * (G N, D)}, {@code v_proj.weight (G P, D)}, {@code g_proj.weight (H P, D)}, {@code in_proj.weight (H, D)}, {@code
 * conv1d.weight (C, 1, W)} and {@code conv1d.bias (C)} over the channels of v, k and q in this order, {@code A_log_bias
 * (H)}, {@code dt_bias (H)}, {@code g_norm.weight (P)} and {@code o_proj.weight (D, H P)}; biases of q, k, v and o where
 * the model's attention has them.
 *
 * @param dims the dimensions of the attention that it takes the place of
 * @param config its settings
 */
public record Mamba2(LayerConfig dims, Mamba2Config config) implements Mixer {
    private static final double GATE_GAIN = Math.pow(2, -2.5);

    private int kvWidth() {
        return dims.kvHeads() * dims.headWidth();
    }

    private int width() {
        return dims.heads() * dims.headWidth();
    }

    private int channels() {
        return 2 * kvWidth() + width();
    }

    private Projection q() {
        return new Projection("q_proj", width(), dims.hidden(), dims.bias());
    }

    private Projection k() {
        return new Projection("k_proj", kvWidth(), dims.hidden(), dims.bias());
    }

    private Projection v() {
        return new Projection("v_proj", kvWidth(), dims.hidden(), dims.bias());
    }

    private Projection gate() {
        return new Projection("g_proj", width(), dims.hidden(), false);
    }

    private Projection timeStep() {
        return new Projection("in_proj", dims.heads(), dims.hidden(), false);
    }

    private Projection o() {
        return new Projection("o_proj", dims.hidden(), width(), dims.outputBias());
    }

    @Override
    public List<ParamSpec> parameters() {
        boolean mimic = config.init() == Mamba2Config.Initialisation.MIMIC;
        Init conv = Init.fanIn(config.convWidth());
        List<ParamSpec> specs = new ArrayList<>();
        specs.addAll(q().parameters());
        specs.addAll(k().parameters());
        specs.addAll(v().parameters());
        specs.addAll(gate().parameters(Init.xavier(GATE_GAIN)));
        specs.addAll(mimic ? timeStep().parameters(Init.ZEROS) : timeStep().parameters());
        specs.add(new ParamSpec(
                "conv1d.weight", Shape.of(channels(), 1, config.convWidth()), mimic ? Mamba2::identityConv : conv));
        specs.add(new ParamSpec("conv1d.bias", Shape.of(channels()), mimic ? Init.ZEROS : conv));
        specs.add(new ParamSpec("A_log_bias", Shape.of(dims.heads()), mimic ? Init.ONES : Init.logUniform(1, 16)));
        specs.add(new ParamSpec(
                "dt_bias", Shape.of(dims.heads()), mimic ? Init.softplusLogUniform(1e-3, 1e-1, 1e-3) : Init.ZEROS));
        specs.add(new ParamSpec("g_norm.weight", Shape.of(dims.headWidth()), Init.ONES));
        specs.addAll(o().parameters());
        return List.copyOf(specs);
    }

    /** An {@link Init} of convolutions that pass the current token on alone. */
    static double identityConv(Shape shape, CounterRandom random, long index) {
        return index % shape.extent(2) == shape.extent(2) - 1 ? 1 : 0;
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        return mix(p, x, s, zeroCache(x.device(), s.count()), activationHook).y();
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return new Mamba2State(DType.F32, zeroCache(device, batch));
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        Mamba2State own = (Mamba2State) state;
        MixResult mixResult =
                mix(p, x, SequenceLayout.unpadded(x.extent(0), x.extent(1)), own.cache(), ActivationHook.NONE);
        own.advance(mixResult.cache(), x.extent(1));
        return mixResult.y();
    }

    @Override
    public Tensor advance(Params p, Tensor x, List<MixerState> states) {
        if (states.size() == 1) {
            return advance(p, x, states.getFirst());
        }
        MixResult mixResult = mix(
                p,
                x,
                SequenceLayout.unpadded(x.extent(0), x.extent(1)),
                Mamba2State.concat(states),
                ActivationHook.NONE);
        Mamba2State.advance(states, mixResult.cache(), x.extent(1));
        return mixResult.y();
    }

    /** What came out, (B, T, D), and what is to be remembered. */
    private record MixResult(Tensor y, Mamba2Cache cache) {}

    private MixResult mix(
            Params p, Tensor x, SequenceLayout s, Mamba2Cache mamba2Cache, ActivationHook activationHook) {
        List<Tensor> v = convolve(p, v().apply(p, x), 0, s, mamba2Cache.convV());
        List<Tensor> k = convolve(p, k().apply(p, x), kvWidth(), s, mamba2Cache.convK());
        List<Tensor> q = convolve(p, q().apply(p, x), 2 * kvWidth(), s, mamba2Cache.convQ());
        Tensor step = timeStep().apply(p, x).add(p.get("dt_bias")).unary(UnaryFunction.SOFTPLUS); // (B, T, H)
        Tensor decay = step.multiply(p.get("A_log_bias").exp().negate());
        Mamba2Cache.ScanResult scanResult = mamba2Cache.scan(
                s,
                splitHeads(q.get(0), dims.heads()),
                splitHeads(k.get(0), dims.kvHeads()),
                splitHeads(v.get(0), dims.kvHeads()),
                decay,
                step);
        Tensor gate = splitHeads(gate().apply(p, x), dims.heads());
        Tensor heads = GatedRmsNorm.apply(scanResult.y(), gate, p.get("g_norm.weight"), config.epsilon(), false);
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, heads);
        }
        Tensor y = o().apply(p, heads.reshape(x.extent(0), x.extent(1), width()));
        return new MixResult(y, new Mamba2Cache(v.get(1), k.get(1), q.get(1), scanResult.states()));
    }

    /** Convolves the channels from one on; v, k and q each have their own part of one depthwise convolution. */
    static List<Tensor> convolve(Params p, Tensor x, int from, SequenceLayout s, Tensor before) {
        int to = from + x.extent(2);
        Tensor weight = p.get("conv1d.weight").slice(0, from, to);
        return Tensors.apply(
                new CausalConv(true, s), x, weight, p.get("conv1d.bias").slice(0, from, to), before);
    }

    private Mamba2Cache zeroCache(Device device, int sequences) {
        Shape kv = Shape.of(sequences, kvWidth(), config.convWidth() - 1);
        Shape scan = Shape.of(sequences, dims.heads(), dims.headWidth(), dims.headWidth());
        return new Mamba2Cache(
                Tensors.zeros(device, kv),
                Tensors.zeros(device, kv),
                Tensors.zeros(device, kv.with(1, width())),
                Tensors.zeros(device, scan));
    }

    private Tensor splitHeads(Tensor x, int heads) {
        return x.reshape(x.extent(0), x.extent(1), heads, dims.headWidth());
    }

    @Override
    public boolean hasConstantState() {
        return true;
    }

    @Override
    public long stateBytes(int batch, long positions) {
        long conv = (long) channels() * (config.convWidth() - 1);
        long scan = (long) dims.heads() * dims.headWidth() * dims.headWidth();
        return Float.BYTES * batch * (conv + scan);
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        Map<String, Tensor> seeded = new HashMap<>(from.tensors());
        if (config.init() == Mamba2Config.Initialisation.SCRATCH) {
            seeded.keySet().removeIf(name -> !name.startsWith("o_proj."));
        }
        return seeded;
    }
}
