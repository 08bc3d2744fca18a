package carve.api.op;

import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Op.BinaryFunction;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Set;

/**
 * A convolution, a scan with decay and a gated norm over one packed input, which is what Mamba-2 does between its two
 * projections (Dao and Gu 2024, arXiv:2405.21060, section 7): one kernel for a single position
 * replaces a dozen small operations.
 *
 * <pre>{@code
 * z, xBC, dt = packed
 * x, B, C    = silu(conv(xBC))
 * dt         = min(max(softplus(dt + dt_bias), min), max)
 * S[t]       = exp(-exp(A_log) dt[t]) S[t-1] + dt[t] x[t] B[t]^T
 * y[t]       = rms_norm((S[t] C[t] + D x[t]) silu(z)) norm          over each of the norm's groups
 * }</pre>
 *
 * <p>Operands: packed {@code (B, T, I + C + H)} with {@code I = H P} and {@code C = I + 2 G N}, conv {@code (C, 1, W)}, its bias
 * {@code (C)}, dt_bias, A_log and D {@code (H)}, norm {@code (I)}, the state of the convolution {@code (S, C, W-1)} and that of
 * the scan {@code (S, H, P, N)}. Results: y {@code (B, T, I)} and both states after the last position. It is defined by {@link
 * CausalConv}, {@link DecayScan} and {@link GatedRmsNorm}; a device has a kernel where that is
 * faster.
 *
 * @param sequenceLayout how rows are divided; S is their number
 * @param groups into how many parts the norm divides I
 * @param epsilon of the norm
 * @param minDt the least dt
 * @param maxDt the greatest dt; infinite if there is none
 */
public record CombinedConvScan(SequenceLayout sequenceLayout, int groups, double epsilon, double minDt, double maxDt)
        implements FusedOp {
    /** The position of the packed input among the operands. */
    public static final int PACKED = 0;

    /** The position of the taps among the operands. */
    public static final int CONV = 1;

    /** The position of the convolution's bias among the operands. */
    public static final int CONV_BIAS = 2;

    /** The position of dt_bias among the operands. */
    public static final int DT_BIAS = 3;

    /** The position of A_log among the operands. */
    public static final int A_LOG = 4;

    /** The position of D among the operands. */
    public static final int D = 5;

    /** The position of the norm's weight among the operands. */
    public static final int NORM = 6;

    /** The position of the convolution's state among the operands. */
    public static final int CONV_STATE = 7;

    /** The position of the scan's state among the operands. */
    public static final int SCAN_STATE = 8;

    private static final Set<Integer> WEIGHTS = Set.of(CONV, CONV_BIAS, DT_BIAS, A_LOG, D, NORM);

    @Override
    public boolean isKernelOptional() {
        return true; // the reference is made of three fused ops
    }

    @Override
    public Set<Integer> weightOperands() {
        return WEIGHTS;
    }

    @Override
    public String name() {
        return "convolved-scan";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 9, 9);
        Shape packed = OperandChecks.shape(operands, PACKED);
        Shape conv = OperandChecks.shape(operands, CONV);
        Shape scan = OperandChecks.shape(operands, SCAN_STATE);
        OperandChecks.require(
                packed.rank() == 3 && conv.rank() == 3 && scan.rank() == 4 && fits(operands, packed, conv, scan),
                name(),
                "packed (B, T, I + C + H), conv (C, 1, W), its bias (C), dt_bias, A_log and D (H), norm (I),"
                        + " states (S, C, W-1) and (S, H, P, N)",
                sequenceLayout,
                operands);
        int inner = scan.extent(1) * scan.extent(2);
        return List.of(
                operands.get(PACKED).with(packed.with(2, inner)), operands.get(CONV_STATE), operands.get(SCAN_STATE));
    }

    private boolean fits(List<TensorType> operands, Shape packed, Shape conv, Shape scan) {
        int heads = scan.extent(1);
        int inner = heads * scan.extent(2);
        int channels = conv.extent(0);
        Shape byHead = Shape.of(heads);
        return packed.extent(0) == sequenceLayout.batch()
                && packed.extent(1) == sequenceLayout.positions()
                && packed.extent(2) == inner + channels + heads
                && groupCount(channels, scan) > 0
                && OperandChecks.shape(operands, CONV_BIAS).equals(Shape.of(channels))
                && OperandChecks.shape(operands, DT_BIAS).equals(byHead)
                && OperandChecks.shape(operands, A_LOG).equals(byHead)
                && OperandChecks.shape(operands, D).equals(byHead)
                && OperandChecks.shape(operands, NORM).equals(Shape.of(inner))
                && inner % groups == 0
                && OperandChecks.shape(operands, CONV_STATE)
                        .equals(Shape.of(sequenceLayout.count(), channels, conv.extent(2) - 1))
                && scan.extent(0) == sequenceLayout.count();
    }

    /** Returns G, how many groups of heads share keys and queries; 0 if the channels are none of that kind. */
    public static int groupCount(int channels, Shape scan) {
        int rest = channels - scan.extent(1) * scan.extent(2);
        int pair = 2 * scan.extent(3);
        return rest > 0 && rest % pair == 0 && scan.extent(1) % (rest / pair) == 0 ? rest / pair : 0;
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        List<Tensor> scans = List.of(operands.get(SCAN_STATE));
        ScanInputs scanInputs = scanInputs(
                operands.subList(0, CONV_STATE),
                operands.get(CONV_STATE),
                scans.getFirst().shape());
        List<Tensor> scanned = Tensors.apply(
                new DecayScan(sequenceLayout),
                scanInputs.q,
                scanInputs.k,
                scanInputs.v,
                scanInputs.decay,
                scanInputs.dt,
                scans.getFirst());
        return List.of(gateAndNormalise(scanInputs, scanned.getFirst()), scanInputs.conv, scanned.get(1));
    }

    /** Returns the factors of x in the scan's y from a state of zeros, {@code (B, H, T, T)}, of operands as this op has them. */
    public Tensor matrix(List<Tensor> operands) {
        ScanInputs inputs = scanInputs(
                operands.subList(0, CONV_STATE),
                operands.get(CONV_STATE),
                operands.get(SCAN_STATE).shape());
        return new DecayScan(sequenceLayout).matrix(List.of(inputs.q, inputs.k, inputs.v, inputs.decay, inputs.dt));
    }

    /**
     * The operands of the scan, and those of the norm after it.
     *
     * @param q the scan's q (B, T, G, N)
     * @param k its k (B, T, G, N)
     * @param v its v (B, T, H, P)
     * @param decay its g (B, T, H)
     * @param dt its w (B, T, H)
     * @param gate z (B, T, I)
     * @param skip D (H)
     * @param norm the norm's weight (I)
     * @param conv the next state of the convolution
     */
    private record ScanInputs(
            Tensor q,
            Tensor k,
            Tensor v,
            Tensor decay,
            Tensor dt,
            Tensor gate,
            Tensor skip,
            Tensor norm,
            Tensor conv) {}

    /**
     * Returns the operands of the scan, and those of the norm after it.
     *
     * @param operands those before the states
     * @param state of the convolution
     * @param scan the shape of the scan's state
     */
    private ScanInputs scanInputs(List<Tensor> operands, Tensor state, Shape scan) {
        Tensor packed = operands.get(PACKED);
        int heads = scan.extent(1);
        int inner = heads * scan.extent(2);
        int channels = operands.get(CONV).extent(0);
        int shared = groupCount(channels, scan) * scan.extent(3);
        List<Tensor> conv = Tensors.apply(
                new CausalConv(true, sequenceLayout),
                packed.slice(2, inner, inner + channels),
                operands.get(CONV),
                operands.get(CONV_BIAS),
                state);
        Tensor y = conv.getFirst();
        Tensor step = step(packed.slice(2, inner + channels, packed.extent(2)), operands.get(DT_BIAS));
        return new ScanInputs(
                byHead(y.slice(2, inner + shared, channels), scan.extent(3)),
                byHead(y.slice(2, inner, inner + shared), scan.extent(3)),
                byHead(y.slice(2, 0, inner), scan.extent(2)),
                step.multiply(operands.get(A_LOG).exp().negate()),
                step,
                packed.slice(2, 0, inner),
                operands.get(D),
                operands.get(NORM),
                conv.get(1));
    }

    private Tensor step(Tensor x, Tensor bias) {
        Tensor step = x.add(bias).unary(UnaryFunction.SOFTPLUS);
        if (!hasDtLimits()) {
            return step;
        }
        Tensor raised = Tensors.apply(new Op.Binary(BinaryFunction.MAXIMUM), step, Tensors.scalar(x.device(), minDt));
        return Tensors.apply(new Op.Binary(BinaryFunction.MINIMUM), raised, Tensors.scalar(x.device(), maxDt));
    }

    /** Returns whether dt is bounded at all: it is positive anyway. */
    public boolean hasDtLimits() {
        return minDt > 0 || maxDt < Double.POSITIVE_INFINITY;
    }

    /** Returns y {@code (B, T, I)} for the scan's result {@code (B, T, H, P)}. */
    private Tensor gateAndNormalise(ScanInputs scanInputs, Tensor scanned) {
        int heads = scanned.extent(2);
        Tensor y = scanned.add(scanInputs.v.multiply(scanInputs.skip.reshape(heads, 1)));
        Tensor gate = scanInputs.gate;
        int width = gate.extent(2) / groups;
        Shape divided = Shape.of(gate.extent(0), gate.extent(1), groups, width);
        Tensor weight = scanInputs.norm.reshape(groups, width);
        return GatedRmsNorm.apply(y.reshape(divided), gate.reshape(divided), weight, epsilon, true)
                .reshape(gate.shape());
    }

    private static Tensor byHead(Tensor x, int width) {
        return x.reshape(x.extent(0), x.extent(1), x.extent(2) / width, width);
    }
}
