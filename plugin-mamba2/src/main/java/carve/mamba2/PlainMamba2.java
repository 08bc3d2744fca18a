package carve.mamba2;

import carve.api.device.Device;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.FixedState;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.MixerState;
import carve.api.mixer.Probe;
import carve.api.mixer.Projection;
import carve.api.op.ConvolvedScan;
import carve.api.op.Sequences;
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
 * them. It takes nothing of an attention layer.
 *
 * @param dims H heads, G of keys and values, of width P
 * @param config its settings
 */
public record PlainMamba2(MixerDims dims, PlainMamba2Config config) implements Mixer {
    private static final String CONV = "conv_state";
    private static final String SCAN = "ssm_state";

    private int inner() {
        return dims.heads() * dims.headWidth();
    }

    private int shared() {
        return dims.kvHeads() * config.stateWidth();
    }

    private int channels() {
        return inner() + 2 * shared();
    }

    private Projection in() {
        return new Projection("in_proj", inner() + channels() + dims.heads(), dims.hidden(), dims.bias());
    }

    private Projection out() {
        return new Projection("out_proj", dims.hidden(), inner(), dims.outputBias());
    }

    @Override
    public List<ParamSpec> parameters() {
        Init conv = Init.fanIn(config.convWidth());
        List<ParamSpec> specs = new ArrayList<>();
        specs.add(new ParamSpec("dt_bias", Shape.of(dims.heads()), Init.softplusLogUniform(1e-3, 1e-1, 1e-4)));
        specs.add(new ParamSpec("A_log", Shape.of(dims.heads()), Init.logUniform(1, 16)));
        specs.add(new ParamSpec("D", Shape.of(dims.heads()), Init.ONES));
        specs.addAll(in().parameters());
        specs.add(new ParamSpec("conv1d.weight", Shape.of(channels(), 1, config.convWidth()), conv));
        if (config.convBias()) {
            specs.add(new ParamSpec("conv1d.bias", Shape.of(channels()), conv));
        }
        specs.add(new ParamSpec("norm.weight", Shape.of(inner()), Init.ONES));
        specs.addAll(out().parameters());
        return List.copyOf(specs);
    }

    @Override
    public Tensor forward(Params p, Tensor x, Sequences s, Probe probe) {
        Map<String, Shape> shapes = shapes(s.count());
        Device device = x.device();
        Tensor conv = Tensors.zeros(device, shapes.get(CONV));
        return mix(p, x, s, conv, List.of(Tensors.zeros(device, shapes.get(SCAN))), probe)
                .y();
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return new FixedState(device, shapes(batch));
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        FixedState own = (FixedState) state;
        Sequences rows = Sequences.whole(x.extent(0), x.extent(1));
        Mixed mixed = mix(p, x, rows, own.get(CONV), List.of(own.get(SCAN)), Probe.NONE);
        own.replace(CONV, mixed.conv());
        own.replace(SCAN, mixed.scan().getFirst());
        own.move(x.extent(1));
        return mixed.y();
    }

    @Override
    public Tensor advance(Params p, Tensor x, List<MixerState> states) {
        if (states.size() == 1) {
            return advance(p, x, states.getFirst());
        }
        List<FixedState> own = states.stream().map(FixedState.class::cast).toList();
        Tensor conv =
                Tensors.concat(0, own.stream().map(state -> state.get(CONV)).toList());
        List<Tensor> scans = own.stream().map(state -> state.get(SCAN)).toList();
        Mixed mixed = mix(p, x, Sequences.whole(x.extent(0), x.extent(1)), conv, scans, Probe.NONE);
        for (int r = 0; r < own.size(); r++) {
            own.get(r).replace(CONV, mixed.conv().slice(0, r, r + 1));
            own.get(r).replace(SCAN, mixed.scan().get(r));
            own.get(r).move(x.extent(1));
        }
        return mixed.y();
    }

    // what came out, (B, T, D), and the states after it: one of all rows, or one of each
    private record Mixed(Tensor y, Tensor conv, List<Tensor> scan) {}

    private Mixed mix(Params p, Tensor u, Sequences s, Tensor convState, List<Tensor> scanStates, Probe probe) {
        var op = new ConvolvedScan(s, config.normGroups(), config.epsilon(), config.minStep(), config.maxStep());
        List<Tensor> operands = List.of(
                in().apply(p, u),
                p.get("conv1d.weight"),
                convBias(p, u),
                p.get("dt_bias"),
                p.get("A_log"),
                p.get("D"),
                p.get("norm.weight"));
        Mixed mixed = scanStates.size() == 1
                ? together(op, operands, convState, scanStates.getFirst())
                : apart(op, operands, convState, scanStates);
        if (probe.wants(Probe.HEADS)) {
            probe.publish(Probe.HEADS, byHead(mixed.y, dims.headWidth()));
        }
        return new Mixed(out().apply(p, mixed.y), mixed.conv, mixed.scan);
    }

    private static Mixed together(ConvolvedScan op, List<Tensor> operands, Tensor conv, Tensor scan) {
        List<Tensor> all = new ArrayList<>(operands);
        all.add(conv);
        all.add(scan);
        List<Tensor> results = op.apply(all);
        return new Mixed(results.get(0), results.get(1), List.of(results.get(2)));
    }

    // rows that go on from states that lie apart
    private Mixed apart(ConvolvedScan op, List<Tensor> operands, Tensor conv, List<Tensor> scans) {
        ConvolvedScan.Parts parts = op.parts(operands, conv, scans.getFirst().shape());
        Memory.Scanned scanned =
                Memory.scan(scans, op.sequences(), parts.q(), parts.k(), parts.v(), parts.decay(), parts.step());
        return new Mixed(op.finish(parts, scanned.y()), parts.conv(), scanned.next());
    }

    private Tensor convBias(Params p, Tensor u) {
        return config.convBias() ? p.get("conv1d.bias") : Tensors.zeros(u.device(), Shape.of(channels()));
    }

    private static Tensor byHead(Tensor x, int width) {
        return x.reshape(x.extent(0), x.extent(1), x.extent(2) / width, width);
    }

    private Map<String, Shape> shapes(int sequences) {
        return Map.of(
                CONV, Shape.of(sequences, channels(), config.convWidth() - 1),
                SCAN, Shape.of(sequences, dims.heads(), dims.headWidth(), config.stateWidth()));
    }

    @Override
    public boolean constantState() {
        return true;
    }

    @Override
    public long stateBytes(int batch, long positions) {
        return FixedState.bytes(shapes(batch));
    }

    @Override
    public Map<String, Tensor> seed(AttentionWeights from) {
        return Map.of();
    }
}
