package carve.api.op;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.param.CounterRandom;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Each definition in primitives against the formula of its documentation, written as loops. */
final class ReferenceOpsTest {
    private static final double CLOSE = 2e-5;

    private final Device device = new ReferenceDevice();

    @AfterEach
    void close() {
        device.close();
    }

    private Tensor random(String name, int... extents) {
        Shape shape = Shape.of(extents);
        CounterRandom random = new CounterRandom(42, name);
        float[] values = new float[(int) shape.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.normal(i);
        }
        return Tensors.of(device, shape, values);
    }

    // element of a row-major array of a shape
    private static double at(Tensor tensor, float[] values, int... index) {
        int flat = 0;
        for (int axis = 0; axis < index.length; axis++) {
            flat = flat * tensor.extent(axis) + index[axis];
        }
        return values[flat];
    }

    @Test
    void decayScanIsTheRecurrence() {
        for (SequenceLayout sequenceLayout :
                List.of(SequenceLayout.unpadded(2, 70), SequenceLayout.packed(0, 3, 68, 70))) {
            scan(sequenceLayout);
        }
    }

    private void scan(SequenceLayout s) {
        int heads = 4;
        Tensor q = random("q", s.batch(), 70, 2, 3);
        Tensor k = random("k", s.batch(), 70, 4, 3);
        Tensor v = random("v", s.batch(), 70, 1, 5);
        Tensor g = random("g", s.batch(), 70, heads)
                .multiply(random("g", s.batch(), 70, heads))
                .negate();
        Tensor w = random("w", s.batch(), 70, heads);
        Tensor state = random("state", s.count(), heads, 5, 3);
        List<Tensor> results = Tensors.apply(new DecayScan(s), q, k, v, g, w, state);
        float[] y = results.get(0).floats();
        float[] last = results.get(1).floats();
        float[] qs = q.floats();
        float[] ks = k.floats();
        float[] vs = v.floats();
        float[] gs = g.floats();
        float[] ws = w.floats();
        float[] begin = state.floats();
        for (int sequence = 0; sequence < s.count(); sequence++) {
            int b = s.isPacked() ? 0 : sequence;
            int from = s.isPacked() ? s.offsets().get(sequence) : 0;
            int to = s.isPacked() ? s.offsets().get(sequence + 1) : 70;
            for (int h = 0; h < heads; h++) {
                double[][] inner = new double[5][3];
                for (int i = 0; i < 15; i++) {
                    inner[i / 3][i % 3] = at(state, begin, sequence, h, i / 3, i % 3);
                }
                for (int t = from; t < to; t++) {
                    double[] expected = new double[5];
                    for (int i = 0; i < 15; i++) {
                        inner[i / 3][i % 3] = Math.exp(at(g, gs, b, t, h)) * inner[i / 3][i % 3]
                                + at(w, ws, b, t, h) * at(v, vs, b, t, 0, i / 3) * at(k, ks, b, t, h, i % 3);
                        expected[i / 3] += inner[i / 3][i % 3] * at(q, qs, b, t, h / 2, i % 3);
                    }
                    for (int p = 0; p < 5; p++) {
                        assertEquals(expected[p], at(results.get(0), y, b, t, h, p), CLOSE * 10, "y at " + t);
                    }
                }
                for (int i = 0; i < 15; i++) {
                    assertEquals(inner[i / 3][i % 3], at(results.get(1), last, sequence, h, i / 3, i % 3), CLOSE * 10);
                }
            }
        }
    }

    @Test
    void attentionIsTheMeanByWeight() {
        attend(new SoftmaxAttention(0.5, true, 7, SequenceLayout.unpadded(2, 7)), 9);
        attend(new SoftmaxAttention(0.5, true, 7, SequenceLayout.unpadded(2, 3)), 9);
        attend(new SoftmaxAttention(0.5, false, 7, SequenceLayout.unpadded(2, 3)), 7);
        attend(new SoftmaxAttention(0.5, true, 7, SequenceLayout.packed(0, 3, 4, 7)), 7);
        attend(new SoftmaxAttention(0.5, true, 7, SequenceLayout.padded(7, 7, 3)), 7);
        attend(new SoftmaxAttention(0.5, false, 7, SequenceLayout.padded(7, 5, 0)), 7);
        attend(new SoftmaxAttention(0.5, true, 7, SequenceLayout.padded(7, 5, 1).withZeroPadding()), 7);
    }

    @Test
    void attentionSeesItsWindowUpToItsCap() {
        for (int window : new int[] {0, 1, 2, 6, 7, 100}) {
            for (double cap : new double[] {0, 0.5}) {
                windowed(window, cap, 7, SequenceLayout.unpadded(2, 7), 9);
                windowed(window, cap, 7, SequenceLayout.unpadded(2, 3), 9);
                windowed(window, cap, 7, SequenceLayout.packed(0, 3, 4, 7), 7);
                windowed(window, cap, 7, SequenceLayout.padded(7, 7, 3), 7);
                windowed(window, cap, 7, SequenceLayout.padded(7, 5, 0), 7);
                windowed(window, cap, 7, SequenceLayout.padded(7, 5, 1).withZeroPadding(), 7);
            }
        }
        attend(new SoftmaxAttention(0.5, false, 0, 0.5, 7, SequenceLayout.unpadded(2, 3)), 7);
    }

    private void windowed(int window, double cap, int keys, SequenceLayout layout, int capacity) {
        attend(new SoftmaxAttention(0.5, true, window, cap, keys, layout), capacity);
    }

    private void attend(SoftmaxAttention op, int capacity) {
        SequenceLayout s = op.sequenceLayout();
        Tensor q = random("q", s.batch(), s.positions(), 4, 3);
        Tensor k = random("k", s.batch(), capacity, 2, 3);
        Tensor v = random("v", s.batch(), capacity, 2, 5);
        Tensor sinks = random("sinks", 4);
        agrees(op, Tensors.apply(op, q, k, v).getFirst(), q, k, v, new float[4]);
        agrees(op, Tensors.apply(op, q, k, v, sinks).getFirst(), q, k, v, exponentials(sinks));
    }

    private static float[] exponentials(Tensor x) {
        float[] values = x.floats();
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) Math.exp(values[i]);
        }
        return values;
    }

    // first: what is in the sum of exponentials of each head without any key
    private static void agrees(SoftmaxAttention op, Tensor y, Tensor q, Tensor k, Tensor v, float[] first) {
        SequenceLayout s = op.sequenceLayout();
        float[] actual = y.floats();
        for (int b = 0; b < s.batch(); b++) {
            for (int t = 0; t < s.positions(); t++) {
                for (int h = 0; h < 4; h++) {
                    double[] expected = mean(op, q, k, v, b, t, h, first[h]);
                    for (int i = 0; i < 5; i++) {
                        assertEquals(expected[i], at(y, actual, b, t, h, i), CLOSE, op + " at " + b + ", " + t);
                    }
                }
            }
        }
    }

    private static double[] mean(SoftmaxAttention op, Tensor q, Tensor k, Tensor v, int b, int t, int h, double first) {
        double[] mean = new double[5];
        double total = first;
        for (int s = 0; s < op.keys(); s++) {
            if (sees(op, b, t, s)) {
                double score = 0;
                for (int i = 0; i < 3; i++) {
                    score += at(q, q.floats(), b, t, h, i) * at(k, k.floats(), b, s, h / 2, i);
                }
                double scaled = op.scale() * score;
                double weight = Math.exp(op.softCap() == 0 ? scaled : op.softCap() * Math.tanh(scaled / op.softCap()));
                total += weight;
                for (int i = 0; i < 5; i++) {
                    mean[i] += weight * at(v, v.floats(), b, s, h / 2, i);
                }
            }
        }
        for (int i = 0; i < 5; i++) {
            mean[i] = total == 0 ? 0 : mean[i] / total;
        }
        return mean;
    }

    private static boolean sees(SoftmaxAttention op, int b, int t, int s) {
        SequenceLayout sequenceLayout = op.sequenceLayout();
        int position = t + op.keys() - sequenceLayout.positions();
        if (sequenceLayout.zeroPadding()) { // padding is where the row ends
            position = Math.min(position, Math.max(1, sequenceLayout.lengths().get(b)) - 1);
        }
        boolean past = !op.causal() || s <= position && (op.window() == 0 || s > position - op.window());
        boolean here = !sequenceLayout.isPadded()
                || (sequenceLayout.zeroPadding() || t < sequenceLayout.lengths().get(b))
                        && s < sequenceLayout.lengths().get(b);
        boolean same = !sequenceLayout.isPacked() || sequenceOf(sequenceLayout, t) == sequenceOf(sequenceLayout, s);
        return past && here && same;
    }

    private static long sequenceOf(SequenceLayout sequenceLayout, int position) {
        return sequenceLayout.offsets().stream()
                .filter(offset -> offset <= position)
                .count();
    }

    @Test
    void convolutionSlidesOverThePast() {
        Tensor x = random("x", 2, 5, 3);
        Tensor weight = random("weight", 3, 1, 4);
        Tensor bias = random("bias", 3);
        Tensor state = random("state", 2, 3, 3);
        List<Tensor> results =
                Tensors.apply(new CausalConv(false, SequenceLayout.unpadded(2, 5)), x, weight, bias, state);
        for (int i = 0; i < 30; i++) {
            int b = i / 15;
            int t = i / 3 % 5;
            int c = i % 3;
            double expected = at(bias, bias.floats(), c);
            for (int j = 0; j < 4; j++) {
                expected += at(weight, weight.floats(), c, 0, j) * input(x, state, b, t - 3 + j, c);
            }
            assertEquals(expected, at(results.get(0), results.get(0).floats(), b, t, c), CLOSE);
            if (t < 3) {
                assertEquals(
                        input(x, state, b, 2 + t, c),
                        at(results.get(1), results.get(1).floats(), b, c, t),
                        0);
            }
        }
    }

    private static double input(Tensor x, Tensor state, int b, int t, int c) {
        return t < 0 ? at(state, state.floats(), b, c, t + 3) : at(x, x.floats(), b, t, c);
    }

    @Test
    void normsDivideByWhatTheySay() {
        Tensor x = Tensors.of(device, Shape.of(1, 2), 3f, 4f);
        Tensor weight = Tensors.of(device, Shape.of(2), 1f, 2f);
        double rms = Math.sqrt(12.5 + 0.5);
        assertGives(RmsNorm.apply(x, weight, 0.5), 3 / rms, 8 / rms);
        double deviation = Math.sqrt(0.25 + 0.5);
        assertGives(LayerNorm.apply(x, weight, weight, 0.5), -0.5 / deviation + 1, 2 * 0.5 / deviation + 2);
        assertGives(RmsNorm.apply(x, 0.5), 3 / rms, 4 / rms);
        assertGives(RmsNorm.apply(x, weight, 0.5, 1), 2 * 3 / rms, 3 * 4 / rms);
        assertGives(LayerNorm.apply(x, 0.5), -0.5 / deviation, 0.5 / deviation);
        assertGives(LayerNorm.apply(x, weight, 0.5, 0), -0.5 / deviation, 2 * 0.5 / deviation);
        assertGives(LayerNorm.apply(x, weight, 0.5, 1), -2 * 0.5 / deviation, 3 * 0.5 / deviation);
        assertGives(LayerNorm.apply(x, weight, weight, 0.5, 1), -2 * 0.5 / deviation + 1, 3 * 0.5 / deviation + 2);
        Tensor gate = Tensors.of(device, Shape.of(1, 2), 1f, -1f);
        double open = 1 / (1 + Math.exp(-1));
        double shut = -1 / (1 + Math.E);
        assertGives(GatedRmsNorm.apply(x, gate, weight, 0.5, false), 3 / rms * open, 8 / rms * shut);
        double gated = Math.sqrt((9 * open * open + 16 * shut * shut) / 2 + 0.5);
        assertGives(GatedRmsNorm.apply(x, gate, weight, 0.5, true), 3 * open / gated, 8 * shut / gated);
        assertGives(SwiGlu.apply(gate, x), 3 * open, 4 * shut);
        assertGives(new Gelu(false).of(gate), 0.8413447461, -0.1586552539);
        assertGives(new Gelu(true).of(gate), 0.8411919906, -0.1588080094);
    }

    @Test
    void rotationTurnsPairsThatAreHalfAWidthApart() {
        Tensor x = Tensors.of(device, Shape.of(1, 1, 1, 5), 1, 2, 3, 4, 5f);
        Tensor cos = Tensors.of(device, Shape.of(1, 2), 0f, 0.6f);
        Tensor sin = Tensors.of(device, Shape.of(1, 2), 1f, 0.8f);
        assertGives(Rope.apply(x, cos, sin), -3, 2 * 0.6 - 4 * 0.8, 1, 4 * 0.6 + 2 * 0.8, 5);
    }

    @Test
    void interleavedRotationTurnsNeighbours() {
        Tensor x = Tensors.of(device, Shape.of(1, 1, 1, 5), 1, 2, 3, 4, 5f);
        Tensor cos = Tensors.of(device, Shape.of(1, 2), 0f, 0.6f);
        Tensor sin = Tensors.of(device, Shape.of(1, 2), 1f, 0.8f);
        Tensor rotated = Rope.apply(x, cos, sin, Rope.Pairing.INTERLEAVED);
        assertGives(rotated, -2, 1, 3 * 0.6 - 4 * 0.8, 4 * 0.6 + 3 * 0.8, 5);
    }

    @Test
    void linearMultipliesByTheTransposeOfAnyStorage() {
        Tensor x = Tensors.of(device, Shape.of(1, 1, 2), 1f, 2f);
        Tensor weight = Tensors.of(device, Shape.of(3, 2), 1, 0, 0, 1, 1, -1f);
        Tensor bias = Tensors.of(device, Shape.of(3), 0f, 0f, 7f);
        for (DType dtype : List.of(DType.F32, DType.BF16, DType.F16)) {
            assertGives(Linear.apply(x, weight.cast(dtype)), 1, 2, -1);
            assertGives(Linear.apply(x, weight.cast(dtype), bias.cast(dtype)), 1, 2, 6);
        }
    }

    @Test
    void crossEntropyIgnoresNegativeTargets() {
        Tensor logits = Tensors.of(device, Shape.of(3, 2), 0f, 0f, 1000f, 0f, 5f, 6f);
        Tensor targets = Tensors.of(device, Shape.of(3), 1, 1, -100);
        assertGives(CrossEntropy.apply(logits, targets), Math.log(2), 1000, 0);
    }

    @Test
    void divergenceIsTakenOfTheTeacher() {
        Tensor student = Tensors.of(device, Shape.of(2, 2), 0f, 0f, 3f, 1f);
        Tensor teacher = Tensors.of(device, Shape.of(2, 2), (float) (2 * Math.log(3)), 0f, 3f, 1f);
        double expected = 0.75 * Math.log(0.75 / 0.5) + 0.25 * Math.log(0.25 / 0.5);
        assertGives(KlDivergence.apply(student, teacher, 2), expected, 0);
    }

    @Test
    void adamFollowsItsPaper() {
        Tensor one = Tensors.of(device, Shape.of(1), 1f);
        Tensor gradient = Tensors.of(device, Shape.of(1), 0.5f);
        Tensor zero = Tensors.zeros(device, Shape.of(1));
        List<Tensor> first = Tensors.apply(new AdamW(0.1, 0.9, 0.999, 1e-8, 0.05, 1), one, gradient, zero, zero);
        assertGives(first.get(0), 1 * (1 - 0.1 * 0.05) - 0.1);
        assertGives(first.get(1), 0.05);
        assertGives(first.get(2), 0.00025);
        Tensor other = Tensors.of(device, Shape.of(1), -1f);
        List<Tensor> second =
                Tensors.apply(new AdamW(0.1, 0.9, 0.999, 1e-8, 0, 2), first.get(0), other, first.get(1), first.get(2));
        double mean = (0.9 * 0.05 - 0.1) / (1 - 0.81);
        double square = (0.999 * 0.00025 + 0.001) / (1 - 0.998001);
        assertGives(second.get(0), 0.895 - 0.1 * mean / Math.sqrt(square));
    }

    private static void assertGives(Tensor actual, double... expected) {
        float[] values = actual.floats();
        assertEquals(expected.length, values.length, "number of values");
        for (int i = 0; i < expected.length; i++) {
            assertEquals(expected[i], values[i], 1e-6 * Math.max(1, Math.abs(expected[i])), "value " + i);
        }
    }
}
