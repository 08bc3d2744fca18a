package carve.api.op;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Linear attention with a scalar decay for each head and position: {@code S[t] = exp(g[t]) S[t-1] + w[t] v[t] k[t]^T},
 * {@code y[t] = S[t] q[t]}, S {@code (P, N)}.
 *
 * <p>With {@code w = dt} and {@code g = -exp(A_log) dt} this is the state space duality of Mamba-2 (Dao and Gu 2024,
 * arXiv:2405.21060, Listing 1; its C, B and X are q, k and v here); with {@code w = 1} and a constant g, retention (Sun
 * et al. 2023, arXiv:2307.08621); with a gate, simple gated linear attention.
 *
 * <p>Operands: q {@code (B, T, Gq, N)}, k {@code (B, T, Gk, N)}, v {@code (B, T, Gv, P)}, g {@code (B, T, H)}, the
 * logarithm of the decay, at most 0, w {@code (B, T, H)}, and the state {@code (S, H, P, N)} before the first position.
 * The numbers of groups divide H; head h uses group {@code h / (H / G)}. Results: y {@code (B, T, H, P)} and the state
 * after the last position of each sequence {@code (S, H, P, N)}.
 *
 * @param sequenceLayout how rows are divided; S is their number
 */
public record DecayScan(SequenceLayout sequenceLayout) implements FusedOp {
    private static final int CHUNK = 64;

    /** The operand positions, for kernels. */
    public static final int Q = 0;

    /** The position of k among the operands. */
    public static final int K = 1;

    /** The position of v among the operands. */
    public static final int V = 2;

    /** The position of the logarithm of the decay among the operands. */
    public static final int G = 3;

    /** The position of the input weight among the operands. */
    public static final int W = 4;

    /** The position of the initial state among the operands. */
    public static final int STATE = 5;

    @Override
    public String name() {
        return "decay-scan";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        OperandChecks.count(name(), operands, 6, 6);
        Shape q = OperandChecks.shape(operands, Q);
        Shape v = OperandChecks.shape(operands, V);
        Shape g = OperandChecks.shape(operands, G);
        boolean ranks = q.rank() == 4 && OperandChecks.shape(operands, K).rank() == 4 && v.rank() == 4 && g.rank() == 3;
        OperandChecks.require(
                ranks && fits(operands, g.extent(2), v.extent(3), q.extent(3)),
                name(),
                "q (B, T, Gq, N), k (B, T, Gk, N), v (B, T, Gv, P), g and w (B, T, H), state (S, H, P, N)",
                sequenceLayout,
                operands);
        return List.of(
                operands.get(V)
                        .with(Shape.of(sequenceLayout.batch(), sequenceLayout.positions(), g.extent(2), v.extent(3))),
                operands.get(STATE));
    }

    private boolean fits(List<TensorType> operands, int heads, int width, int state) {
        for (int i : new int[] {Q, K, V}) {
            Shape shape = OperandChecks.shape(operands, i);
            if (shape.extent(0) != sequenceLayout.batch()
                    || shape.extent(1) != sequenceLayout.positions()
                    || shape.extent(2) == 0
                    || heads % shape.extent(2) != 0) {
                return false;
            }
        }
        return OperandChecks.shape(operands, K).extent(3) == state
                && OperandChecks.shape(operands, G)
                        .equals(Shape.of(sequenceLayout.batch(), sequenceLayout.positions(), heads))
                && operands.get(G).equals(operands.get(W))
                && OperandChecks.shape(operands, STATE).equals(Shape.of(sequenceLayout.count(), heads, width, state))
                && operands.stream().allMatch(type -> type.dtype() == DType.F32);
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        return sequenceLayout.forEachSequence(operands.subList(0, STATE), operands.get(STATE), DecayScan::scan);
    }

    /**
     * Returns the factors of v in y from a state of zeros, {@code (B, H, T, T)}: {@code exp(g[s+1] + ... + g[t]) w[s] q[t] k[s]}
     * where s is at most t and of the same sequence, and 0 elsewhere.
     *
     * @param operands q, k, v, g and w, as this op has them
     */
    public Tensor matrix(List<Tensor> operands) {
        return sequenceLayout.matrices(operands, DecayScan::quadraticForm);
    }

    private static Tensor quadraticForm(List<Tensor> operands) {
        Tensor w = operands.get(W).permute(0, 2, 1); // (B, H, L)
        int heads = w.extent(1);
        Tensor q = Heads.transpose(Heads.repeat(operands.get(Q), heads)); // (B, H, L, N)
        Tensor k = Heads.transpose(Heads.repeat(operands.get(K), heads));
        Tensor decay = segmentSums(operands.get(G).permute(0, 2, 1)).exp();
        return q.matmul(k, false, true).multiply(decay).multiply(w.reshape(w.extent(0), heads, 1, w.extent(2)));
    }

    private static List<Tensor> scan(List<Tensor> operands, Tensor state) {
        int heads = operands.get(G).extent(2);
        int positions = operands.get(G).extent(1);
        List<Tensor> outputs = new ArrayList<>();
        Tensor current = state;
        for (int from = 0; from < positions; from += CHUNK) {
            int start = from;
            int end = Math.min(positions, from + CHUNK);
            List<Tensor> chunk =
                    operands.stream().map(x -> x.slice(1, start, end)).toList();
            List<Tensor> result = chunk(chunk, current, heads);
            outputs.add(result.get(0));
            current = result.get(1);
        }
        return List.of(Tensors.concat(1, outputs), current);
    }

    // L positions of one chunk: within it the quadratic form, across chunks the state
    private static List<Tensor> chunk(List<Tensor> operands, Tensor state, int heads) {
        Tensor q = Heads.transpose(Heads.repeat(operands.get(Q), heads)); // (B, H, L, N)
        Tensor k = Heads.transpose(Heads.repeat(operands.get(K), heads));
        Tensor v = Heads.transpose(Heads.repeat(operands.get(V), heads)); // (B, H, L, P)
        Tensor g = operands.get(G).permute(0, 2, 1); // (B, H, L)
        Tensor w = operands.get(W).permute(0, 2, 1);
        int length = g.extent(2);
        Tensor decay = segmentSums(g).exp(); // (B, H, L, L), 0 above the diagonal
        Tensor fromStart = g.cumulativeSum(2).exp().reshape(g.shape().append(1)); // (B, H, L, 1)
        Tensor weight = w.reshape(g.extent(0), heads, 1, length);
        Tensor inner = q.matmul(k, false, true).multiply(decay).multiply(weight).matmul(v);
        Tensor outer = q.matmul(state, false, true).multiply(fromStart);
        Tensor toEnd = decay.slice(2, length - 1, length).multiply(weight).transpose(); // (B, H, L, 1)
        Tensor next = state.multiply(fromStart.slice(2, length - 1, length))
                .add(v.multiply(toEnd).matmul(k, true, false));
        return List.of(inner.add(outer).permute(0, 2, 1, 3), next);
    }

    /**
     * Returns {@code (B, H, L, L)} for g {@code (B, H, L)}: {@code sums[i, j] = g[j+1] + ... + g[i]}, minus infinity where j
     * exceeds i, so that its exponential is the decay from position j to i. Masked before it is summed, so nothing cancels.
     */
    public static Tensor segmentSums(Tensor g) {
        int length = g.extent(2);
        Device device = g.device();
        Tensor rows = g.reshape(g.shape().append(1)).broadcastTo(g.shape().append(length));
        Tensor sums = rows.lowerTriangle(-1).cumulativeSum(2);
        Tensor ones = Tensors.ones(device, Shape.of(length, length));
        Tensor below = Tensors.apply(new Op.Compare(Op.Comparison.EQUAL), ones.lowerTriangle(0), ones);
        return Tensors.where(below, sums, Tensors.scalar(device, Double.NEGATIVE_INFINITY));
    }
}
