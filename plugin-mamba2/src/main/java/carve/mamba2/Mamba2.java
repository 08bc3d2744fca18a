package carve.mamba2;

import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.Projection;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.GatedRmsNorm;
import carve.api.op.Heads;
import carve.api.op.SequenceLayout;
import carve.api.param.CounterRandom;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
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
 * connection D, no position embedding, and no scale, nor have norms of queries and keys, windows, soft caps and sinks a
 * counterpart: what attention has of these is left out.
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
    public List<StateSpec> state() {
        return Mamba2States.of(channels(), config.convWidth(), dims.heads(), dims.headWidth(), DType.F32);
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        return mix(p, x, StateSlots.initial(x.device(), state(), s), activationHook);
    }

    @Override
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        return mix(p, x, slots, ActivationHook.NONE);
    }

    private Tensor mix(Params p, Tensor x, StateSlots slots, ActivationHook activationHook) {
        List<Tensor> vkq = Mamba2States.convolve(p, List.of(v().apply(p, x), k().apply(p, x), q().apply(p, x)), slots);
        Tensor step = timeStep().apply(p, x).add(p.get("dt_bias")).unary(UnaryFunction.SOFTPLUS); // (B, T, H)
        Tensor decay = step.multiply(p.get("A_log_bias").exp().negate());
        Tensor y = Mamba2States.scan(
                List.of(
                        Heads.split(vkq.get(2), dims.headWidth()),
                        Heads.split(vkq.get(1), dims.headWidth()),
                        Heads.split(vkq.get(0), dims.headWidth()),
                        decay,
                        step),
                slots,
                activationHook);
        Tensor gate = Heads.split(gate().apply(p, x), dims.headWidth());
        Tensor heads = GatedRmsNorm.apply(y, gate, p.get("g_norm.weight"), config.epsilon(), false);
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, heads);
        }
        return o().apply(p, Heads.merge(heads));
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        Map<String, Tensor> initial = new HashMap<>(from.projections());
        if (config.init() == Mamba2Config.Initialisation.SCRATCH) {
            initial.keySet().removeIf(name -> !name.startsWith("o_proj."));
        }
        return initial;
    }
}
