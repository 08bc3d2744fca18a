package carve.cpu;

import static carve.cpu.Memory.F;
import static carve.cpu.Memory.LANES;
import static carve.cpu.Memory.load;
import static carve.cpu.Memory.store;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Layer normalisation over the last axis, forward and backward: n = (x - mean(x)) r with r = 1 / sqrt(variance(x) + eps), y = n w +
 * b. Gradients: dw and db are sums over rows of dy n and dy, and with h = dy w, dx = r (h - mean(h) - n mean(h n)).
 */
final class LayerNorms {
    private static final int X = 0;
    private static final int H = 1;

    private final Workers workers;

    LayerNorms(Workers workers) {
        this.workers = workers;
    }

    /** Writes y = (x - mean) / sqrt(variance + eps) * weight + bias; the weight and the bias cover one row. */
    void forward(Norms.Size size, long x, long weight, long bias, long y) {
        int perTask = size.perTask();
        workers.run(size.tasks(), (task, scratch) -> {
            float[] u = scratch.floats(X, size.width() + LANES);
            int end = Math.min(size.rows(), (task + 1) * perTask);
            for (int row = task * perTask; row < end; row++) {
                long at = 4L * row * size.width();
                long shift = 4L * (row % size.weightRows()) * size.width();
                float r = centred(size, x + at, u);
                for (int i = 0; i < size.width(); i += LANES) {
                    VectorMask<Float> m = Memory.first(size.width() - i);
                    FloatVector n = FloatVector.fromArray(F, u, i).mul(r);
                    store(y + at + 4L * i, n.fma(load(weight + shift + 4L * i, m), load(bias + shift + 4L * i, m)), m);
                }
            }
        });
    }

    /** Copies x minus its mean, padded with zeros, and returns 1 / sqrt(variance + eps). */
    private static float centred(Norms.Size size, long x, float[] u) {
        int width = size.width();
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < width; i += LANES) {
            sum = sum.add(load(x + 4L * i, Memory.first(width - i)));
        }
        float mean = Lanes.sum(sum) / width;
        FloatVector square = FloatVector.zero(F);
        for (int i = 0; i < width; i += LANES) {
            VectorMask<Float> m = Memory.first(width - i);
            FloatVector v = load(x + 4L * i, m).sub(FloatVector.zero(F).blend(mean, m));
            v.intoArray(u, i);
            square = v.fma(v, square);
        }
        return (float) (1 / Math.sqrt(Lanes.sum(square) / width + size.eps()));
    }

    /** Writes the gradients of {@link #forward}. */
    void backward(Norms.Size size, long x, long weight, long dy, long dx, long dw, long db) {
        int perTask = size.perTask();
        int tasks = size.tasks();
        int length = size.weightRows() * size.width();
        float[] partial = new float[2 * tasks * length + LANES];
        workers.run(tasks, (task, scratch) -> {
            float[] u = scratch.floats(X, size.width() + LANES);
            float[] h = scratch.floats(H, size.width() + LANES);
            int end = Math.min(size.rows(), (task + 1) * perTask);
            for (int row = task * perTask; row < end; row++) {
                long at = 4L * row * size.width();
                int weightRow = row % size.weightRows() * size.width();
                rowBackward(
                        size,
                        x + at,
                        weight + 4L * weightRow,
                        dy + at,
                        dx + at,
                        u,
                        h,
                        partial,
                        task * length + weightRow,
                        (tasks + task) * length + weightRow);
            }
        });
        Norms.sum(partial, tasks, length, dw);
        float[] biases = new float[tasks * length];
        System.arraycopy(partial, tasks * length, biases, 0, biases.length);
        Norms.sum(biases, tasks, length, db);
    }

    private static void rowBackward(
            Norms.Size size,
            long x,
            long w,
            long dy,
            long dx,
            float[] u,
            float[] h,
            float[] partial,
            int dwAt,
            int dbAt) {
        int width = size.width();
        float r = centred(size, x, u);
        FloatVector dot = FloatVector.zero(F);
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < width; i += LANES) {
            VectorMask<Float> m = Memory.first(width - i);
            FloatVector n = FloatVector.fromArray(F, u, i).mul(r);
            FloatVector d = load(dy + 4L * i, m);
            d.fma(n, FloatVector.fromArray(F, partial, dwAt + i, m)).intoArray(partial, dwAt + i, m);
            d.add(FloatVector.fromArray(F, partial, dbAt + i, m)).intoArray(partial, dbAt + i, m);
            FloatVector hn = d.mul(load(w + 4L * i, m));
            hn.intoArray(h, i);
            dot = hn.fma(n, dot);
            sum = sum.add(hn);
        }
        float mean = Lanes.sum(sum) / width;
        float slope = Lanes.sum(dot) / width;
        for (int i = 0; i < width; i += LANES) {
            FloatVector n = FloatVector.fromArray(F, u, i).mul(r);
            FloatVector value =
                    FloatVector.fromArray(F, h, i).sub(mean).sub(n.mul(slope)).mul(r);
            store(dx + 4L * i, value, Memory.first(width - i));
        }
    }
}
