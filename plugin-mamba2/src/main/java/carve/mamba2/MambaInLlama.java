package carve.mamba2;

import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.GatedRmsNorm;
import carve.api.op.Heads;
import carve.api.op.Linear;
import carve.api.op.SequenceLayout;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Mamba-2 as The Mamba in the Llama (Wang et al. 2024, arXiv:2408.15237, section 3) and MaTVLM (arXiv:2503.13440) have it:
 * state-spaces' block with H heads of state {@code (P, N)}, P = N = the width of attention's heads, and with x and B shared
 * by groups as attention's values and keys are.
 *
 * <pre>{@code
 * z, dt   = in_proj.z u, in_proj.dt u
 * x, B, C = silu(conv(in_proj.x u, in_proj.B u, in_proj.C u))     causal, depthwise, width W
 * dt      = softplus(dt + dt_bias)
 * S[t]    = exp(-exp(A_log) dt[t]) S[t-1] + dt[t] x[t] B[t]^T
 * y[t]    = S[t] C[t] + D x[t]
 * out     = out_proj(rms_norm(y silu(z)) norm)                     the norm over each head, after the gate
 * }</pre>
 *
 * <p>x, B and C take the places of attention's v, k and q. There is no position embedding and no scale, nor have norms of
 * queries and keys, windows, soft caps and sinks a counterpart: what attention has of these is left out.
 *
 * <p>Parameters: {@code in_proj.z.weight (H P, D)}, {@code in_proj.x.weight (G P, D)}, {@code in_proj.B.weight (G N, D)},
 * {@code in_proj.C.weight (H N, D)} and {@code in_proj.dt.weight (H, D)}, which official checkpoints have one below the
 * other in {@code in_proj.weight}; {@code conv1d.weight (C, 1, W)} and {@code conv1d.bias (C)} over the channels of x, B
 * and C in this order; {@code dt_bias (H)}, {@code A_log (H)}, {@code D (H)}, {@code norm.weight (H P)} and {@code
 * out_proj.weight (D, H P)}; with biases {@code in_proj.*.bias} and {@code out_proj.bias}.
 *
 * @param dims the dimensions of the attention that it takes the place of
 * @param config its settings
 */
public record MambaInLlama(LayerConfig dims, MambaInLlamaConfig config) implements Mixer {
    /** The bias with which {@code silu(bias) = 1}. */
    private static final double OPEN_GATE_BIAS = 1.2784645427610738;

    private int kvWidth() {
        return dims.kvHeads() * dims.headWidth();
    }

    private int width() {
        return dims.heads() * dims.headWidth();
    }

    // heads and channels of x, and of B, as the convolution sees them
    private int convolvedHeads() {
        return config.repeatBeforeConv() ? dims.heads() : dims.kvHeads();
    }

    private int convolvedWidth() {
        return convolvedHeads() * dims.headWidth();
    }

    private int channels() {
        return 2 * convolvedWidth() + width();
    }

    @Override
    public List<ParamSpec> parameters() {
        boolean open = config.init() == MambaInLlamaConfig.Initialisation.KQVO_OPEN_GATE;
        boolean identity = config.init().isIdentity();
        Init linear = Init.fanIn(dims.hidden());
        Init conv = Init.fanIn(config.convWidth());
        List<ParamSpec> specs = new ArrayList<>();
        projection(
                specs, "in_proj.z", width(), open ? Init.ZEROS : linear, open ? Init.constant(OPEN_GATE_BIAS) : linear);
        projection(specs, "in_proj.x", kvWidth(), linear, linear);
        projection(specs, "in_proj.B", kvWidth(), linear, linear);
        projection(specs, "in_proj.C", width(), linear, linear);
        projection(specs, "in_proj.dt", dims.heads(), linear, linear);
        specs.add(new ParamSpec(
                "conv1d.weight", Shape.of(channels(), 1, config.convWidth()), identity ? Mamba2::identityConv : conv));
        specs.add(new ParamSpec("conv1d.bias", Shape.of(channels()), identity ? Init.ZEROS : conv));
        specs.add(new ParamSpec("dt_bias", Shape.of(dims.heads()), Init.softplusLogUniform(1e-3, 1e-1, 1e-4)));
        specs.add(new ParamSpec("A_log", Shape.of(dims.heads()), Init.logUniform(1, 16)));
        specs.add(new ParamSpec("D", Shape.of(dims.heads()), identity ? Init.ZEROS : Init.ONES));
        specs.add(new ParamSpec("norm.weight", Shape.of(width()), Init.ONES));
        Init out = Init.fanIn(width());
        specs.add(new ParamSpec("out_proj.weight", Shape.of(dims.hidden(), width()), out));
        if (config.bias()) {
            specs.add(new ParamSpec("out_proj.bias", Shape.of(dims.hidden()), out));
        }
        return List.copyOf(specs);
    }

    private void projection(List<ParamSpec> specs, String name, int outputs, Init weight, Init bias) {
        specs.add(new ParamSpec(name + ".weight", Shape.of(outputs, dims.hidden()), weight));
        if (config.bias()) {
            specs.add(new ParamSpec(name + ".bias", Shape.of(outputs), bias));
        }
    }

    @Override
    public List<StateSpec> state() {
        return Mamba2States.of(channels(), config.convWidth(), dims.heads(), dims.headWidth(), config.stateType());
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        return mix(p, x, StateSlots.initial(x.device(), state(), s), activationHook);
    }

    @Override
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        return mix(p, x, slots, ActivationHook.NONE);
    }

    private Tensor mix(Params p, Tensor u, StateSlots slots, ActivationHook activationHook) {
        List<Tensor> xbc = Mamba2States.convolve(
                p,
                List.of(
                        repeatGroups(linear(p, "in_proj.x", u)),
                        repeatGroups(linear(p, "in_proj.B", u)),
                        linear(p, "in_proj.C", u)),
                slots);
        Tensor step = linear(p, "in_proj.dt", u).add(p.get("dt_bias")).unary(UnaryFunction.SOFTPLUS); // (B, T, H)
        Tensor decay = step.multiply(p.get("A_log").exp().negate());
        Tensor values = Heads.split(xbc.get(0), dims.headWidth());
        Tensor scanned = Mamba2States.scan(
                List.of(
                        Heads.split(xbc.get(2), dims.headWidth()),
                        Heads.split(xbc.get(1), dims.headWidth()),
                        values,
                        decay,
                        step),
                slots,
                activationHook);
        Tensor y = scanned.add(skipConnection(p, values));
        Tensor gate = Heads.split(linear(p, "in_proj.z", u), dims.headWidth());
        Tensor weight = p.get("norm.weight").reshape(dims.heads(), dims.headWidth());
        Tensor heads = GatedRmsNorm.apply(y, gate, weight, config.epsilon(), true);
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, heads);
        }
        return linear(p, "out_proj", Heads.merge(heads));
    }

    private Tensor linear(Params p, String name, Tensor x) {
        Tensor weight = p.get(name + ".weight");
        return config.bias() ? Linear.apply(x, weight, p.get(name + ".bias")) : Linear.apply(x, weight);
    }

    // (B, T, G P) as it is, or with each group once for each of its heads
    private Tensor repeatGroups(Tensor x) {
        return convolvedWidth() == kvWidth()
                ? x
                : Heads.merge(Heads.repeat(Heads.split(x, dims.headWidth()), dims.heads()));
    }

    // D x (B, T, H, P), where several heads may share the x of a group
    private Tensor skipConnection(Params p, Tensor x) {
        int groups = convolvedHeads();
        Tensor factor = p.get("D").reshape(groups, dims.heads() / groups, 1);
        return x.reshape(x.extent(0), x.extent(1), groups, 1, dims.headWidth())
                .multiply(factor)
                .reshape(x.extent(0), x.extent(1), dims.heads(), dims.headWidth());
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        Map<String, Tensor> initial = new HashMap<>();
        if (config.init() != MambaInLlamaConfig.Initialisation.RANDOM) {
            Map<String, Tensor> projections = from.projections();
            copy(projections, "v_proj", "in_proj.x", initial);
            copy(projections, "k_proj", "in_proj.B", initial);
            copy(projections, "q_proj", "in_proj.C", initial);
            copy(projections, "o_proj", "out_proj", initial);
        }
        return initial;
    }

    // biases go along where the mixer has them, and are left out elsewhere, as the authors do
    private void copy(Map<String, Tensor> from, String theirs, String ours, Map<String, Tensor> initial) {
        for (String part : config.bias() ? List.of(".weight", ".bias") : List.of(".weight")) {
            Tensor tensor = from.get(theirs + part);
            if (tensor != null) {
                initial.put(ours + part, tensor);
            }
        }
    }
}
