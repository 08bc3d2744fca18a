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

    private static SoftmaxAttention form(int window, double cap, int keys, SequenceLayout layout) {
        return new SoftmaxAttention(0.7, true, window, cap, keys, layout);
    }

    /** Windows that begin and end within tiles, caps and sinks, in whole, padded and packed rows. */
    @Test
    void attentionInAllForms() {
        for (int window : new int[] {0, 1, 7, 270, 5000}) {
            double cap = window == 7 || window == 5000 ? 0 : 0.8;
            forms(form(window, cap, 400, SequenceLayout.unpadded(1, 330)), 405);
            forms(form(window, cap, 90, SequenceLayout.packed(0, 1, 3, 80, 90)), 90);
            SequenceLayout padded = SequenceLayout.padded(70, 70, 0, 1, 30);
            forms(form(window, cap, 70, padded), 70);
            forms(form(window, cap, 70, padded.withZeroPadding()), 70);
            for (int queries = 1; queries <= 4; queries++) {
                forms(form(window, cap, 1100, SequenceLayout.unpadded(2, queries)), 1103);
            }
        }
    }

    private void forms(SoftmaxAttention op, int capacity) {
        SequenceLayout s = op.sequenceLayout();
        HostTensor q = x(s.batch(), s.positions(), 4, 9);
        HostTensor k = x(s.batch(), capacity, 2, 9);
        HostTensor v = x(s.batch(), capacity, 2, 21);
        agree(1e-5, op, q, k, v);
        agree(1e-5, op, q, k, v, TestTensors.random(random, -3, 9, 4));
    }

    /** Few queries attend to heads as wide as the latents of DeepSeek. */
    @Test
    void decodingTakesWideHeads() {
        for (DType stored : List.of(DType.F32, DType.BF16, DType.Q8_0)) {
            for (int queries : new int[] {1, 4}) {
                narrowCache(form(0, 0, 600, SequenceLayout.unpadded(2, queries)), stored, 576);
                narrowCache(form(90, 3, 600, SequenceLayout.unpadded(2, queries)), stored, 288);
            }
        }
    }

    @Test
    void attentionToNarrowCaches() {
        for (DType stored : List.of(DType.BF16, DType.Q8_0)) {
            int width = stored == DType.Q8_0 ? 64 : 37;
            for (int queries : new int[] {1, 3, 70}) {
                for (int keys : new int[] {queries, 75, 600}) {
                    int all = Math.max(queries, keys);
                    narrowCache(attention(true, all, SequenceLayout.unpadded(2, queries)), stored, width);
                    narrowCache(form(50, 2, all, SequenceLayout.unpadded(2, queries)), stored, width);
                }
            }
        }
    }

    private void narrowCache(SoftmaxAttention op, DType stored, int width) {
        HostTensor q = x(2, op.sequenceLayout().positions(), 4, width);
        HostTensor k = x(2, op.keys() + 5, 2, width);
        HostTensor v = x(2, op.keys() + 5, 2, width);
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
        String type = stored == DType.F32 ? "" : stored.key().substring(0, 2);
        assertTrue(choice.startsWith("kernel ") && choice.contains(type), choice);
    }
}
