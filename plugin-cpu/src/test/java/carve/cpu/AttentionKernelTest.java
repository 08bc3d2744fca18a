package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.Checks.Values;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Attention agrees with its definition, forward and in every gradient, at odd extents. */
final class AttentionKernelTest extends KernelAgreement {
    private SoftmaxAttention attention(boolean causal, int keys, Sequences sequences) {
        return new SoftmaxAttention(0.3, causal, keys, sequences);
    }

    @Test
    void attention() {
        for (boolean causal : new boolean[] {false, true}) {
            for (int n : EXTENTS) {
                agree(1e-5, attention(causal, n, Sequences.whole(2, n)), x(2, n, 4, 5), x(2, n, 2, 5), x(2, n, 2, 13));
                agree(
                        1e-5,
                        attention(causal, 13, Sequences.whole(2, 13)),
                        x(2, 13, 2, n),
                        x(2, 13, 1, n),
                        x(2, 13, 1, n));
                agree(
                        1e-5,
                        attention(causal, n + 7, Sequences.whole(2, n)),
                        x(2, n, 2, 8),
                        x(2, n + 9, 2, 8),
                        x(2, n + 9, 2, 8));
            }
            agree(
                    1e-5,
                    attention(causal, 75, Sequences.packed(0, 1, 3, 70, 75)),
                    x(1, 75, 4, 8),
                    x(1, 75, 2, 8),
                    x(1, 75, 2, 8));
            agree(
                    1e-5,
                    attention(causal, 65, Sequences.padded(65, 65, 0, 1, 30)),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8));
            agree(
                    1e-5,
                    attention(causal, 65, Sequences.padded(65, 65, 0, 1, 30).blank()),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8));
            agree(
                    1e-5,
                    attention(causal, 600, Sequences.whole(1, 300)),
                    x(1, 300, 1, 8),
                    x(1, 600, 1, 8),
                    x(1, 600, 1, 8));
        }
    }

    @Test
    void attentionOfFewQueries() {
        for (int n : new int[] {1, 2, 200, 4200}) {
            for (int queries = 1; queries <= Math.min(3, n); queries++) {
                agree(
                        1e-5,
                        attention(true, n, Sequences.whole(2, queries)),
                        x(2, queries, 2, 17),
                        x(2, n + 3, 1, 17),
                        x(2, n + 3, 1, 70));
            }
        }
    }

    @Test
    void attentionToNarrowCaches() {
        for (DType stored : List.of(DType.BF16, DType.Q8_0)) {
            int width = stored == DType.Q8_0 ? 64 : 37;
            for (int queries : new int[] {1, 3, 70}) {
                for (int keys : new int[] {queries, 75, 600}) {
                    narrowCache(stored, queries, Math.max(queries, keys), width);
                }
            }
        }
    }

    private void narrowCache(DType stored, int queries, int keys, int width) {
        Values q = x(2, queries, 4, width);
        Values k = x(2, keys + 5, 2, width);
        Values v = x(2, keys + 5, 2, width);
        SoftmaxAttention op = attention(true, keys, Sequences.whole(2, queries));
        List<Tensor> results = new ArrayList<>();
        for (Device device : List.of(reference, cpu)) {
            results.add(Tensors.apply(
                            op,
                            q.on(device),
                            k.on(device).cast(stored),
                            v.on(device).cast(stored))
                    .getFirst());
        }
        Checks.close(stored + " " + op, 1e-5, results.getFirst(), results.getLast());
        String choice = cpu.workspace().choices().get(op.name());
        assertTrue(choice.startsWith("kernel ") && choice.contains(stored.key().substring(0, 2)), choice);
    }
}
