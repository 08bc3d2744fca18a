package carve.cpu.norm;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.LaneReduction;
import carve.cpu.thread.ThreadPool;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Layer normalisation over the last axis, forward and backward: n = (x - mean(x)) r with r = 1 / sqrt(variance(x) + eps), y = n w +
 * b, where w is the weight plus an offset. Gradients: dw and db are sums over rows of dy n and dy, and with h = dy w, dx = r (h - mean(h) - n mean(h n)).
 */
final class LayerNormLoops {

    private final ThreadPool threadPool;

    LayerNormLoops(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    /** Writes y = (x - mean) / sqrt(variance + eps) * (weight + offset) + bias; a bias of 0 is none. */
    void forward(RmsNormLoops.NormShape normShape, long x, long weight, long bias, long y) {
        int perTask = normShape.perTask();
        threadPool.parallelFor(normShape.tasks(), (task, scratchpad) -> {
            float[] u = scratchpad.floats(normShape.width() + LANES);
            int end = Math.min(normShape.rows(), (task + 1) * perTask);
            for (int row = task * perTask; row < end; row++) {
                long at = 4L * row * normShape.width();
                long shift = 4L * (row % normShape.weightRows()) * normShape.width();
                float r = centred(normShape, x + at, u);
                for (int i = 0; i < normShape.width(); i += LANES) {
                    VectorMask<Float> m = NativeMemory.firstLanes(normShape.width() - i);
                    FloatVector n = FloatVector.fromArray(F, u, i).mul(r);
                    FloatVector w = load(weight + shift + 4L * i, m).add(normShape.offset());
                    store(y + at + 4L * i, bias == 0 ? n.mul(w) : n.fma(w, load(bias + shift + 4L * i, m)), m);
                }
            }
        });
    }

    /** Copies x minus its mean, padded with zeros, and returns 1 / sqrt(variance + eps). */
    private static float centred(RmsNormLoops.NormShape normShape, long x, float[] u) {
        int width = normShape.width();
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < width; i += LANES) {
            sum = sum.add(load(x + 4L * i, NativeMemory.firstLanes(width - i)));
        }
        float mean = LaneReduction.sum(sum) / width;
        FloatVector square = FloatVector.zero(F);
        for (int i = 0; i < width; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(width - i);
            FloatVector v = load(x + 4L * i, m).sub(FloatVector.zero(F).blend(mean, m));
            v.intoArray(u, i);
            square = v.fma(v, square);
        }
        return (float) (1 / Math.sqrt(LaneReduction.sum(square) / width + normShape.eps()));
    }

    /** Writes the gradients of {@link #forward}; that of the bias only if {@code db} is not 0. */
    void backward(RmsNormLoops.NormShape normShape, long x, long weight, long dy, long dx, long dw, long db) {
        int perTask = normShape.perTask();
        int tasks = normShape.tasks();
        int length = normShape.weightRows() * normShape.width();
        float[] partial = new float[2 * tasks * length + LANES];
        threadPool.parallelFor(tasks, (task, scratchpad) -> {
            float[] u = scratchpad.floats(normShape.width() + LANES);
            float[] h = scratchpad.floats(normShape.width() + LANES);
            int end = Math.min(normShape.rows(), (task + 1) * perTask);
            for (int row = task * perTask; row < end; row++) {
                long at = 4L * row * normShape.width();
                int weightRow = row % normShape.weightRows() * normShape.width();
                rowBackward(
                        normShape,
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
        RmsNormLoops.sum(partial, tasks, length, dw);
        if (db != 0) {
            float[] biases = new float[tasks * length];
            System.arraycopy(partial, tasks * length, biases, 0, biases.length);
            RmsNormLoops.sum(biases, tasks, length, db);
        }
    }

    private static void rowBackward(
            RmsNormLoops.NormShape normShape,
            long x,
            long w,
            long dy,
            long dx,
            float[] u,
            float[] h,
            float[] partial,
            int dwAt,
            int dbAt) {
        int width = normShape.width();
        float r = centred(normShape, x, u);
        FloatVector dot = FloatVector.zero(F);
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0; i < width; i += LANES) {
            VectorMask<Float> m = NativeMemory.firstLanes(width - i);
            FloatVector n = FloatVector.fromArray(F, u, i).mul(r);
            FloatVector d = load(dy + 4L * i, m);
            d.fma(n, FloatVector.fromArray(F, partial, dwAt + i, m)).intoArray(partial, dwAt + i, m);
            d.add(FloatVector.fromArray(F, partial, dbAt + i, m)).intoArray(partial, dbAt + i, m);
            FloatVector hn = d.mul(load(w + 4L * i, m).add(normShape.offset()));
            hn.intoArray(h, i);
            dot = hn.fma(n, dot);
            sum = sum.add(hn);
        }
        float mean = LaneReduction.sum(sum) / width;
        float projection = LaneReduction.sum(dot) / width;
        for (int i = 0; i < width; i += LANES) {
            FloatVector n = FloatVector.fromArray(F, u, i).mul(r);
            FloatVector value = FloatVector.fromArray(F, h, i)
                    .sub(mean)
                    .sub(n.mul(projection))
                    .mul(r);
            store(dx + 4L * i, value, NativeMemory.firstLanes(width - i));
        }
    }
}
