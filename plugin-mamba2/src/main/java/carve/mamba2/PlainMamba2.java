package carve.mamba2;

import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.mixer.Projection;
import carve.api.mixer.RecurrentState;
import carve.api.op.CombinedConvScan;
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
 * them. It takes nothing of an attention layer.
 *
 * @param dims H heads, G of keys and values, of width P
 * @param config its settings
 */
public record PlainMamba2(LayerConfig dims, PlainMamba2Config config) implements Mixer {
    private static final String CONV_STATE = "conv_state";
    private static final String SSM_STATE = "ssm_state";

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
        specs.add(new ParamSpec("norm.weight", Shape.of(innerWidth()), Init.ONES));
        specs.addAll(out().parameters());
        return List.copyOf(specs);
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        Map<String, Shape> shapes = shapes(s.count());
        Device device = x.device();
        Tensor conv = Tensors.zeros(device, shapes.get(CONV_STATE));
        return mix(p, x, s, conv, List.of(Tensors.zeros(device, shapes.get(SSM_STATE))), activationHook)
                .y();
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return new RecurrentState(device, shapes(batch));
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        RecurrentState own = (RecurrentState) state;
        SequenceLayout rows = SequenceLayout.unpadded(x.extent(0), x.extent(1));
        MixResult mixResult = mix(p, x, rows, own.get(CONV_STATE), List.of(own.get(SSM_STATE)), ActivationHook.NONE);
        own.replace(CONV_STATE, mixResult.convState());
        own.replace(SSM_STATE, mixResult.ssmStates().getFirst());
        own.advance(x.extent(1));
        return mixResult.y();
    }

    @Override
    public Tensor advance(Params p, Tensor x, List<MixerState> states) {
        if (states.size() == 1) {
            return advance(p, x, states.getFirst());
        }
        List<RecurrentState> own =
                states.stream().map(RecurrentState.class::cast).toList();
        Tensor conv = Tensors.concat(
                0, own.stream().map(state -> state.get(CONV_STATE)).toList());
        List<Tensor> scans = own.stream().map(state -> state.get(SSM_STATE)).toList();
        MixResult mixResult =
                mix(p, x, SequenceLayout.unpadded(x.extent(0), x.extent(1)), conv, scans, ActivationHook.NONE);
        for (int r = 0; r < own.size(); r++) {
            own.get(r).replace(CONV_STATE, mixResult.convState().slice(0, r, r + 1));
            own.get(r).replace(SSM_STATE, mixResult.ssmStates().get(r));
            own.get(r).advance(x.extent(1));
        }
        return mixResult.y();
    }

    // what came out, (B, T, D), and the states after it: one of all rows, or one of each
    private record MixResult(Tensor y, Tensor convState, List<Tensor> ssmStates) {}

    private MixResult mix(
            Params p,
            Tensor u,
            SequenceLayout s,
            Tensor convState,
            List<Tensor> scanStates,
            ActivationHook activationHook) {
        var op = new CombinedConvScan(
                s, config.normGroups(), config.epsilon(), config.minTimeStep(), config.maxTimeStep());
        List<Tensor> operands = List.of(
                in().apply(p, u),
                p.get("conv1d.weight"),
                convBias(p, u),
                p.get("dt_bias"),
                p.get("A_log"),
                p.get("D"),
                p.get("norm.weight"));
        MixResult mixResult = scanStates.size() == 1
                ? scanBatched(op, operands, convState, scanStates.getFirst())
                : scanRowByRow(op, operands, convState, scanStates);
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, splitHeads(mixResult.y, dims.headWidth()));
        }
        return new MixResult(out().apply(p, mixResult.y), mixResult.convState, mixResult.ssmStates);
    }

    private static MixResult scanBatched(CombinedConvScan op, List<Tensor> operands, Tensor conv, Tensor scan) {
        List<Tensor> all = new ArrayList<>(operands);
        all.add(conv);
        all.add(scan);
        List<Tensor> results = op.apply(all);
        return new MixResult(results.get(0), results.get(1), List.of(results.get(2)));
    }

    // rows that go on from states that lie apart
    private MixResult scanRowByRow(CombinedConvScan op, List<Tensor> operands, Tensor conv, List<Tensor> scans) {
        CombinedConvScan.ScanInputs scanInputs =
                op.scanInputs(operands, conv, scans.getFirst().shape());
        Mamba2Cache.ScanResult scanResult = Mamba2Cache.scan(
                scans,
                op.sequenceLayout(),
                scanInputs.q(),
                scanInputs.k(),
                scanInputs.v(),
                scanInputs.decay(),
                scanInputs.dt());
        return new MixResult(op.gateAndNormalise(scanInputs, scanResult.y()), scanInputs.conv(), scanResult.states());
    }

    private Tensor convBias(Params p, Tensor u) {
        return config.convBias() ? p.get("conv1d.bias") : Tensors.zeros(u.device(), Shape.of(channels()));
    }

    private static Tensor splitHeads(Tensor x, int width) {
        return x.reshape(x.extent(0), x.extent(1), x.extent(2) / width, width);
    }

    private Map<String, Shape> shapes(int sequences) {
        return Map.of(
                CONV_STATE, Shape.of(sequences, channels(), config.convWidth() - 1),
                SSM_STATE, Shape.of(sequences, dims.heads(), dims.headWidth(), config.stateSize()));
    }

    @Override
    public boolean hasConstantState() {
        return true;
    }

    @Override
    public long stateBytes(int batch, long positions) {
        return RecurrentState.bytes(shapes(batch));
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return Map.of();
    }
}
