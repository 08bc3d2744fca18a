package examples.slidingwindow;

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
                    byHead(q.slice(1, from, to)),
                    byHead(repeated(k.slice(1, first, last), q.extent(2))),
                    byHead(repeated(v.slice(1, first, last), q.extent(2)))));
        }
        return byHead(Tensors.concat(2, blocks));
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

    private static Tensor byHead(Tensor x) {
        return x.permute(0, 2, 1, 3);
    }

    // (B, S, G, K) as (B, S, H, K): each head of keys and values serves H / G of queries
    private static Tensor repeated(Tensor x, int heads) {
        int groups = x.extent(2);
        Shape shape = Shape.of(x.extent(0), x.extent(1), groups, heads / groups, x.extent(3));
        return x.reshape(x.extent(0), x.extent(1), groups, 1, x.extent(3))
                .broadcastTo(shape)
                .reshape(x.extent(0), x.extent(1), heads, x.extent(3));
    }
}
