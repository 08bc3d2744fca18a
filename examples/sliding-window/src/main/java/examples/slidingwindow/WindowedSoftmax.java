package examples.slidingwindow;

import carve.api.op.Heads;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;

/**
 * Softmax attention within a window, in primitives. Queries are taken a window at a time, so that no more than two windows of
 * keys are ever looked at, however long the sequence is.
 *
 * @param size W, how many keys a query sees
 */
record WindowedSoftmax(int size) {
    /**
     * Returns {@code (B, T, H, K)} for queries {@code (B, T, H, K)}, which are the last T positions of keys and values {@code
     * (B, S, G, K)}.
     */
    Tensor attend(Tensor q, Tensor k, Tensor v) {
        int before = k.extent(1) - q.extent(1);
        List<Tensor> blocks = new ArrayList<>();
        for (int from = 0; from < q.extent(1); from += size) {
            int to = Math.min(q.extent(1), from + size);
            int first = Math.max(0, before + from - size + 1); // the earliest key that the first of these queries sees
            int last = before + to;
            blocks.add(block(
                    Heads.transpose(q.slice(1, from, to)),
                    Heads.transpose(Heads.repeat(k.slice(1, first, last), q.extent(2))),
                    Heads.transpose(Heads.repeat(v.slice(1, first, last), q.extent(2)))));
        }
        return Heads.transpose(Tensors.concat(2, blocks));
    }

    // q (B, H, L, K), k and v (B, H, M, K), whose last L positions are the queries'
    private Tensor block(Tensor q, Tensor k, Tensor v) {
        Tensor scores = q.matmul(k, false, true).multiply(1 / Math.sqrt(q.extent(3)));
        Tensor masked = scores.add(mask(q, q.extent(2), k.extent(2)));
        Tensor weights = masked.subtract(masked.detach().max(-1)).exp();
        return weights.divide(weights.sum(-1)).matmul(v);
    }

    // (L, M): 0 where a query sees a key, minus infinity elsewhere
    private Tensor mask(Tensor like, int queries, int keys) {
        float[] mask = new float[queries * keys];
        for (int i = 0; i < queries; i++) {
            int own = keys - queries + i;
            for (int j = 0; j < keys; j++) {
                mask[i * keys + j] = j <= own && j > own - size ? 0 : Float.NEGATIVE_INFINITY;
            }
        }
        return Tensors.of(like.device(), Shape.of(queries, keys), mask);
    }
}
