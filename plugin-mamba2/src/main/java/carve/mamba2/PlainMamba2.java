package carve.mamba2;

import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.Projection;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.CombinedConvScan;
import carve.api.op.Heads;
import carve.api.op.SequenceLayout;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Mamba-2 as its authors have it in language models of their own (Dao and Gu 2024, arXiv:2405.21060, section 7; {@code
 * Mamba2} of state-spaces/mamba): H heads of width P with a state {@code (P, N)} each, B and C shared by groups G of heads,
 * inner width I = H P.
 *
 * <pre>{@code
 * z, xBC, dt = in_proj u
 * x, B, C    = silu(conv(xBC))                                     causal, depthwise, width W
 * dt         = min(max(softplus(dt + dt_bias), min-step), max-step)
 * S[t]       = exp(-exp(A_log) dt[t]) S[t-1] + dt[t] x[t] B[t]^T
 * y[t]       = S[t] C[t] + D x[t]
 * out        = out_proj(rms_norm(y silu(z)) norm)                  the norm over each of norm-groups parts of I
 * }</pre>
 *
 * <p>Parameters have the names of the official checkpoints: {@code in_proj.weight (2 I + 2 G N + H, D)}, whose rows are those
 * of z, x, B, C and dt, {@code conv1d.weight (I + 2 G N, 1, W)}, {@code conv1d.bias}, {@code dt_bias (H)}, {@code A_log (H)},
 * {@code D (H)}, {@code norm.weight (I)} and {@code out_proj.weight (D, I)}; biases of both projections where the model has
 * them.
 *
 * <p>With the initialisation {@code kqvo} x, B and C take the projections of v, k and q, those of keys and values once for each
 * head that shares them, and the output projection that of o. The gate begins as {@code (W_o^T + W_v) / 2} (as AWS's priming of
 * hybrids has it), and time steps are those of {@code dt_bias} alone. {@code kqvo-identity} adds a convolution that changes nothing
 * and no skip connection.
 *
 * @param dims H heads, G of keys and values, of width P
 * @param config its settings
 */
public record PlainMamba2(LayerConfig dims, PlainMamba2Config config) implements Mixer {
    private int innerWidth() {
        return dims.heads() * dims.headWidth();
    }

    private int groupWidth() {
        return dims.kvHeads() * config.stateSize();
    }

    private int channels() {
        return innerWidth() + 2 * groupWidth();
    }

    private Projection in() {
        return new Projection("in_proj", innerWidth() + channels() + dims.heads(), dims.hidden(), dims.bias());
    }

    private Projection out() {
        return new Projection("out_proj", dims.hidden(), innerWidth(), dims.outputBias());
    }

    @Override
    public List<ParamSpec> parameters() {
        boolean identity = config.init().isIdentity();
        Init conv = identity ? Mamba2::identityConv : Init.fanIn(config.convWidth());
        List<ParamSpec> specs = new ArrayList<>();
        specs.add(new ParamSpec("dt_bias", Shape.of(dims.heads()), Init.softplusLogUniform(1e-3, 1e-1, 1e-4)));
        specs.add(new ParamSpec("A_log", Shape.of(dims.heads()), Init.logUniform(1, 16)));
        specs.add(new ParamSpec("D", Shape.of(dims.heads()), identity ? Init.ZEROS : Init.ONES));
        specs.addAll(in().parameters());
        specs.add(new ParamSpec("conv1d.weight", Shape.of(channels(), 1, config.convWidth()), conv));
        if (config.convBias()) {
            specs.add(new ParamSpec("conv1d.bias", Shape.of(channels()), identity ? Init.ZEROS : conv));
        }
        specs.add(new ParamSpec("norm.weight", Shape.of(innerWidth()), Init.ONES));
        specs.addAll(out().parameters());
        return List.copyOf(specs);
    }

    @Override
    public List<StateSpec> state() {
        return List.of(
                StateSpec.fixed(Mamba2States.CONV_STATE, channels(), config.convWidth() - 1),
                StateSpec.fixed(Mamba2States.SSM_STATE, dims.heads(), dims.headWidth(), config.stateSize()));
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
        var op = new CombinedConvScan(
                slots.layout(), config.normGroups(), config.epsilon(), config.minTimeStep(), config.maxTimeStep());
        List<Tensor> operands = List.of(
                in().apply(p, u),
                p.get("conv1d.weight"),
                convBias(p, u),
                p.get("dt_bias"),
                p.get("A_log"),
                p.get("D"),
                p.get("norm.weight"),
                slots.get(Mamba2States.CONV_STATE),
                slots.get(Mamba2States.SSM_STATE));
        if (activationHook.wants(ActivationHook.MATRIX)) {
            activationHook.publish(ActivationHook.MATRIX, op.matrix(operands));
        }
        List<Tensor> results = Tensors.apply(op, operands);
        slots.set(Mamba2States.CONV_STATE, results.get(1));
        slots.set(Mamba2States.SSM_STATE, results.get(2));
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, Heads.split(results.getFirst(), dims.headWidth()));
        }
        return out().apply(p, results.getFirst());
    }

    private Tensor convBias(Params p, Tensor u) {
        return config.convBias() ? p.get("conv1d.bias") : Tensors.zeros(u.device(), Shape.of(channels()));
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        Map<String, Tensor> attention = from.projections();
        if (config.init() == MambaInLlamaConfig.Initialisation.RANDOM || attention.isEmpty()) {
            return Map.of();
        }
        Tensor output = attention.get("o_proj.weight");
        Tensor values = perHead(attention.get("v_proj.weight"));
        Tensor gate = output.transpose().add(values).multiply(0.5);
        Tensor steps = gate.slice(0, 0, dims.heads()).multiply(0);
        Tensor in = Tensors.concat(
                0,
                List.of(gate, values, perHead(attention.get("k_proj.weight")), attention.get("q_proj.weight"), steps));
        return Map.of("in_proj.weight", in, "out_proj.weight", output);
    }

    // (G P, D) as (H P, D), each group once for each of its heads
    private Tensor perHead(Tensor weight) {
        int hidden = dims.hidden();
        int groups = weight.extent(0) / dims.headWidth();
        int head = dims.headWidth() * hidden;
        return Heads.repeat(weight.reshape(1, 1, groups, head), dims.heads()).reshape(innerWidth(), hidden);
    }
}
