package examples.retention;

import carve.api.op.SequenceLayout;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Retention (Sun et al. 2023, arXiv:2307.08621): {@code S[t] = a S[t-1] + k[t]^T v[t]}, {@code y[t] = q[t] S[t]}, with a
 * constant a for each head.
 *
 * <p>Operands: q and k {@code (B, T, H, K)}, v {@code (B, T, H, V)} and the state before the first position {@code (S, H, K,
 * V)}. Results: y {@code (B, T, H, V)} and the state after the last position of each sequence.
 *
 * <p>This definition in primitives is all that a device needs to compute it, and its gradients. It is the paper's chunkwise
 * form, equation 7: within a chunk every position sees those before it at once, and from chunk to chunk goes the state.
 *
 * @param sequenceLayout how rows are divided; S is their number
 * @param decays a for each head, between 0 and 1
 */
record RetentionScan(SequenceLayout sequenceLayout, List<Double> decays) implements FusedOp {
    private static final int CHUNK = 64;

    RetentionScan {
        decays = List.copyOf(decays);
    }

    @Override
    public String name() {
        return "retention-scan";
    }

    @Override
    public List<TensorType> results(List<TensorType> operands) {
        List<Shape> shapes = operands.stream().map(TensorType::shape).toList();
        if (shapes.size() != 4 || !fits(shapes.get(0), shapes.get(1), shapes.get(2), shapes.get(3))) {
            throw new ShapeException(
                    "retention-scan: q and k (B, T, %d, K), v (B, T, %1$d, V), state (S, %1$d, K, V) for %s expected, found %s"
                            .formatted(decays.size(), sequenceLayout, operands));
        }
        return List.of(operands.get(2), operands.get(3));
    }

    /** Returns the number of heads. */
    int heads() {
        return decays.size();
    }

    /** Returns how many heads all sequences have; head h of sequence s is task {@code s H + h}. */
    int tasks() {
        return sequenceLayout.count() * heads();
    }

    /** Returns a of a task. */
    float decay(int task) {
        return decays.get(task % heads()).floatValue();
    }

    /** Returns where a task's positions begin, among all B T. */
    int from(int task) {
        int s = task / heads();
        return sequenceLayout.isPacked() ? sequenceLayout.offsets().get(s) : s * sequenceLayout.positions();
    }

    /** Returns where a task's positions end, among all B T. */
    int to(int task) {
        int s = task / heads();
        return sequenceLayout.isPacked() ? sequenceLayout.offsets().get(s + 1) : (s + 1) * sequenceLayout.positions();
    }

    private boolean fits(Shape q, Shape k, Shape v, Shape state) {
        return q.rank() == 4
                && v.rank() == 4
                && k.equals(q)
                && q.sub(0, 3).equals(Shape.of(sequenceLayout.batch(), sequenceLayout.positions(), decays.size()))
                && v.sub(0, 3).equals(q.sub(0, 3))
                && state.equals(Shape.of(sequenceLayout.count(), decays.size(), q.extent(3), v.extent(3)));
    }

    @Override
    public List<Tensor> reference(List<Tensor> operands) {
        return sequenceLayout.forEachSequence(operands.subList(0, 3), operands.get(3), this::scan);
    }

    private List<Tensor> scan(List<Tensor> operands, Tensor state) {
        int positions = operands.getFirst().extent(1);
        List<Tensor> outputs = new ArrayList<>();
        Tensor current = state;
        for (int from = 0; from < positions; from += CHUNK) {
            int start = from;
            int end = Math.min(positions, from + CHUNK);
            List<Tensor> part = operands.stream()
                    .map(x -> x.slice(1, start, end).permute(0, 2, 1, 3)) // (B, H, L, K)
                    .toList();
            List<Tensor> result = chunk(part.get(0), part.get(1), part.get(2), current);
            outputs.add(result.get(0).permute(0, 2, 1, 3));
            current = result.get(1);
        }
        return List.of(Tensors.concat(1, outputs), current);
    }

    private List<Tensor> chunk(Tensor q, Tensor k, Tensor v, Tensor state) {
        int length = q.extent(2);
        Tensor inner = q.matmul(k, false, true).multiply(between(q, length)).matmul(v);
        Tensor outer = q.matmul(state).multiply(powers(q, length, 1, 1));
        Tensor kept = state.multiply(powers(q, 1, length, 0));
        Tensor next = kept.add(k.multiply(powers(q, length, length - 1, -1)).matmul(v, true, false));
        return List.of(inner.add(outer), next);
    }

    // (H, L, L): a^(i-j) where j is not after i, 0 elsewhere
    private Tensor between(Tensor like, int length) {
        float[] values = new float[decays.size() * length * length];
        for (int h = 0; h < decays.size(); h++) {
            for (int i = 0; i < length; i++) {
                for (int j = 0; j <= i; j++) {
                    values[(h * length + i) * length + j] = (float) Math.pow(decays.get(h), i - j);
                }
            }
        }
        return Tensors.of(like.device(), Shape.of(decays.size(), length, length), values);
    }

    // (H, L, 1): a^(first + step i)
    private Tensor powers(Tensor like, int length, int first, int step) {
        float[] values = new float[decays.size() * length];
        for (int h = 0; h < decays.size(); h++) {
            for (int i = 0; i < length; i++) {
                values[h * length + i] = (float) Math.pow(decays.get(h), first + step * i);
            }
        }
        return Tensors.of(like.device(), Shape.of(decays.size(), length, 1), values);
    }
}
