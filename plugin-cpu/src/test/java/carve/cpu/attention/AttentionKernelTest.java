package carve.cpu.attention;

import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cpu.KernelReferenceCheck;
import carve.cpu.TestTensors;
import carve.cpu.TestTensors.HostTensor;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Attention agrees with its definition, forward and in every gradient, at odd extents. */
final class AttentionKernelTest extends KernelReferenceCheck {
    private SoftmaxAttention attention(boolean causal, int keys, SequenceLayout sequenceLayout) {
        return new SoftmaxAttention(0.3, causal, keys, sequenceLayout);
    }

    @Test
    void attention() {
        for (boolean causal : new boolean[] {false, true}) {
            for (int n : EXTENTS) {
                agree(
                        1e-5,
                        attention(causal, n, SequenceLayout.unpadded(2, n)),
                        x(2, n, 4, 5),
                        x(2, n, 2, 5),
                        x(2, n, 2, 13));
                agree(
                        1e-5,
                        attention(causal, 13, SequenceLayout.unpadded(2, 13)),
                        x(2, 13, 2, n),
                        x(2, 13, 1, n),
                        x(2, 13, 1, n));
                agree(
                        1e-5,
                        attention(causal, n + 7, SequenceLayout.unpadded(2, n)),
                        x(2, n, 2, 8),
                        x(2, n + 9, 2, 8),
                        x(2, n + 9, 2, 8));
            }
            agree(
                    1e-5,
                    attention(causal, 75, SequenceLayout.packed(0, 1, 3, 70, 75)),
                    x(1, 75, 4, 8),
                    x(1, 75, 2, 8),
                    x(1, 75, 2, 8));
            agree(
                    1e-5,
                    attention(causal, 65, SequenceLayout.padded(65, 65, 0, 1, 30)),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8));
            agree(
                    1e-5,
                    attention(
                            causal, 65, SequenceLayout.padded(65, 65, 0, 1, 30).withZeroPadding()),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8),
                    x(4, 65, 2, 8));
            agree(
                    1e-5,
                    attention(causal, 600, SequenceLayout.unpadded(1, 300)),
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
                        attention(true, n, SequenceLayout.unpadded(2, queries)),
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
        HostTensor q = x(2, queries, 4, width);
        HostTensor k = x(2, keys + 5, 2, width);
        HostTensor v = x(2, keys + 5, 2, width);
        SoftmaxAttention op = attention(true, keys, SequenceLayout.unpadded(2, queries));
        List<Tensor> results = new ArrayList<>();
        for (Device device : List.of(reference, cpu)) {
            results.add(Tensors.apply(
                            op,
                            q.on(device),
                            k.on(device).cast(stored),
                            v.on(device).cast(stored))
                    .getFirst());
        }
        TestTensors.assertClose(stored + " " + op, 1e-5, results.getFirst(), results.getLast());
        String choice = cpu.context().kernels().choices().get(op.name());
        assertTrue(choice.startsWith("kernel ") && choice.contains(stored.key().substring(0, 2)), choice);
    }
}
