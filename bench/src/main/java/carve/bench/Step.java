package carve.bench;

import carve.api.device.Device;
import carve.api.op.AdamW;
import carve.api.op.CrossEntropy;
import carve.api.op.Linear;
import carve.api.op.RmsNorm;
import carve.api.op.Rope;
import carve.api.op.Sequences;
import carve.api.op.SoftmaxAttention;
import carve.api.op.SwiGlu;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A training step of a decoder of the demo's kind: 8 layers of width 192, 6 heads of 32 on 3, 32 rows of 64 tokens. */
final class Step {
    private static final int ROWS = 32;
    private static final int POSITIONS = 64;
    private static final int WIDTH = 192;
    private static final int HEADS = 6;
    private static final int GROUPS = 3;
    private static final int HEAD = 32;
    private static final int INNER = 512;
    private static final int VOCABULARY = 160;
    private static final int LAYERS = 8;

    private final Device device;
    private final Map<String, Tensor> parameters = new LinkedHashMap<>();
    private final Tensor ids;
    private final Tensor cos;
    private final Tensor sin;

    Step(Operands operands) {
        this.device = operands.device();
        parameters.put("embedding", operands.random(0.1, VOCABULARY, WIDTH));
        for (int i = 0; i < LAYERS; i++) {
            parameters.put(i + ".norm", operands.random(1, WIDTH));
            parameters.put(i + ".q", operands.random(0.1, HEADS * HEAD, WIDTH));
            parameters.put(i + ".k", operands.random(0.1, GROUPS * HEAD, WIDTH));
            parameters.put(i + ".v", operands.random(0.1, GROUPS * HEAD, WIDTH));
            parameters.put(i + ".o", operands.random(0.1, WIDTH, HEADS * HEAD));
            parameters.put(i + ".w1", operands.random(0.1, INNER, WIDTH));
            parameters.put(i + ".w3", operands.random(0.1, INNER, WIDTH));
            parameters.put(i + ".w2", operands.random(0.1, WIDTH, INNER));
        }
        this.ids = operands.integers(VOCABULARY, ROWS, POSITIONS);
        this.cos = operands.random(1, POSITIONS, HEAD / 2);
        this.sin = operands.random(1, POSITIONS, HEAD / 2);
    }

    /** Returns the operations of the matrix products of a step: two forward, four backward for each weight and token. */
    static double work() {
        double weights = LAYERS * (2.0 * WIDTH * HEADS * HEAD + 2.0 * WIDTH * GROUPS * HEAD + 3.0 * WIDTH * INNER)
                + WIDTH * VOCABULARY;
        return 6.0 * ROWS * POSITIONS * weights;
    }

    /** Computes the loss, its gradients and the next parameters, and forgets them. */
    void run() {
        Scope.run(device, () -> {
            Tape tape = new Tape();
            Map<String, Tensor> p = new LinkedHashMap<>();
            parameters.forEach((name, value) -> p.put(name, tape.watch(value)));
            Tensor loss =
                    CrossEntropy.apply(logits(p), ids.reshape(ROWS * POSITIONS)).mean();
            List<Tensor> gradients = tape.gradients(loss, new ArrayList<>(p.values()));
            int i = 0;
            for (Tensor parameter : parameters.values()) {
                Tensor zero = Tensors.zeros(device, parameter.shape());
                Tensors.apply(new AdamW(1e-3, 0.9, 0.95, 1e-8, 0.1, 1), parameter, gradients.get(i++), zero, zero);
            }
        });
    }

    private Tensor logits(Map<String, Tensor> p) {
        Tensor x = p.get("embedding").gather(ids);
        for (int i = 0; i < LAYERS; i++) {
            Tensor h = RmsNorm.apply(x, p.get(i + ".norm"), 1e-5);
            x = x.add(Linear.apply(attention(p, i, h), p.get(i + ".o")));
            h = RmsNorm.apply(x, p.get(i + ".norm"), 1e-5);
            Tensor inner = SwiGlu.apply(Linear.apply(h, p.get(i + ".w1")), Linear.apply(h, p.get(i + ".w3")));
            x = x.add(Linear.apply(inner, p.get(i + ".w2")));
        }
        return Linear.apply(x, p.get("embedding")).reshape(ROWS * POSITIONS, VOCABULARY);
    }

    private Tensor attention(Map<String, Tensor> p, int layer, Tensor h) {
        Tensor q = heads(Linear.apply(h, p.get(layer + ".q")), HEADS);
        Tensor k = heads(Linear.apply(h, p.get(layer + ".k")), GROUPS);
        Tensor v = heads(Linear.apply(h, p.get(layer + ".v")), GROUPS);
        var op = new SoftmaxAttention(1 / Math.sqrt(HEAD), true, POSITIONS, Sequences.whole(ROWS, POSITIONS));
        Tensor y = Tensors.apply(op, Rope.apply(q, cos, sin), Rope.apply(k, cos, sin), v)
                .getFirst();
        return y.reshape(Shape.of(ROWS, POSITIONS, HEADS * HEAD));
    }

    private static Tensor heads(Tensor x, int heads) {
        return x.reshape(ROWS, POSITIONS, heads, HEAD);
    }
}
