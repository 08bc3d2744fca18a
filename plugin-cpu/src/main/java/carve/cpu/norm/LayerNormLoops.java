package carve.cpu.norm;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.LaneReduction;
import carve.cpu.thread.ThreadPool;
import jdk.incubator.vector.FloatVector;

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
        int width = normShape.width();
        threadPool.parallelFor(normShape.tasks(), (task, scratchpad) -> {
            float[] u = scratchpad.floats(width + LANES);
            int end = Math.min(normShape.rows(), (task + 1) * perTask);
            for (int row = task * perTask; row < end; row++) {
                long at = 4L * row * width;
                long shift = 4L * (row % normShape.weightRows()) * width;
                float r = centred(normShape, x + at, u);
                if (bias == 0) {
                    RmsNormLoops.scaled(false, r, weight + shift, normShape.offset(), y + at, u, u, width);
                } else {
                    scaled(r, weight + shift, normShape.offset(), bias + shift, y + at, u, width);
                }
            }
        });
    }

    private static void scaled(float r, long w, float offset, long bias, long y, float[] u, int width) {
        int i = 0;
        for (; i <= width - LANES; i += LANES) { // with what is inlined everywhere, see VectorMath
            FloatVector.fromArray(F, u, i)
                    .mul(r)
                    .fma(
                            FloatVector.fromMemorySegment(F, NativeMemory.ALL, w + 4L * i, NativeMemory.ORDER)
                                    .add(offset),
                            FloatVector.fromMemorySegment(F, NativeMemory.ALL, bias + 4L * i, NativeMemory.ORDER))
                    .intoMemorySegment(NativeMemory.ALL, y + 4L * i, NativeMemory.ORDER);
        }
        for (; i < width; i++) {
            float weight = NativeMemory.get(w + 4L * i) + offset;
            NativeMemory.set(y + 4L * i, Math.fma(u[i] * r, weight, NativeMemory.get(bias + 4L * i)));
        }
    }

    /** Copies x minus its mean and returns 1 / sqrt(variance + eps). */
    private static float centred(RmsNormLoops.NormShape normShape, long x, float[] u) {
        int width = normShape.width();
        float mean = sum(x, width) / width;
        int i = 0;
        FloatVector squares = FloatVector.zero(F);
        for (; i <= width - LANES; i += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(F, NativeMemory.ALL, x + 4L * i, NativeMemory.ORDER)
                    .sub(mean);
            v.intoArray(u, i);
            squares = v.fma(v, squares);
        }
        float square = LaneReduction.sum(squares);
        for (; i < width; i++) {
            u[i] = NativeMemory.get(x + 4L * i) - mean;
            square = Math.fma(u[i], u[i], square);
        }
        return (float) (1 / Math.sqrt(square / width + normShape.eps()));
    }

    private static float sum(long x, int width) {
        int i = 0;
        FloatVector sums = FloatVector.zero(F);
        for (; i <= width - LANES; i += LANES) {
            sums = sums.add(FloatVector.fromMemorySegment(F, NativeMemory.ALL, x + 4L * i, NativeMemory.ORDER));
        }
        float sum = LaneReduction.sum(sums);
        for (; i < width; i++) {
            sum += NativeMemory.get(x + 4L * i);
        }
        return sum;
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
        int i = 0;
        FloatVector dots = FloatVector.zero(F);
        FloatVector sums = FloatVector.zero(F);
        for (; i <= width - LANES; i += LANES) { // with what is inlined everywhere, see VectorMath
            FloatVector n = FloatVector.fromArray(F, u, i).mul(r);
            FloatVector d = FloatVector.fromMemorySegment(F, NativeMemory.ALL, dy + 4L * i, NativeMemory.ORDER);
            d.fma(n, FloatVector.fromArray(F, partial, dwAt + i)).intoArray(partial, dwAt + i);
            d.add(FloatVector.fromArray(F, partial, dbAt + i)).intoArray(partial, dbAt + i);
            FloatVector hn = FloatVector.fromMemorySegment(F, NativeMemory.ALL, w + 4L * i, NativeMemory.ORDER)
                    .add(normShape.offset())
                    .mul(d);
            hn.intoArray(h, i);
            dots = hn.fma(n, dots);
            sums = sums.add(hn);
        }
        float dot = LaneReduction.sum(dots);
        float sum = LaneReduction.sum(sums);
        for (; i < width; i++) {
            float d = NativeMemory.get(dy + 4L * i);
            partial[dwAt + i] = Math.fma(d, u[i] * r, partial[dwAt + i]);
            partial[dbAt + i] += d;
            h[i] = (NativeMemory.get(w + 4L * i) + normShape.offset()) * d;
            dot = Math.fma(h[i], u[i] * r, dot);
            sum += h[i];
        }
        inputGradients(sum / width, dot / width, r, dx, width, u, h);
    }

    private static void inputGradients(
            float mean, float projection, float r, long dx, int width, float[] u, float[] h) {
        int i = 0;
        for (; i <= width - LANES; i += LANES) {
            FloatVector n = FloatVector.fromArray(F, u, i).mul(r);
            FloatVector.fromArray(F, h, i)
                    .sub(mean)
                    .sub(n.mul(projection))
                    .mul(r)
                    .intoMemorySegment(NativeMemory.ALL, dx + 4L * i, NativeMemory.ORDER);
        }
        for (; i < width; i++) {
            NativeMemory.set(dx + 4L * i, (h[i] - mean - u[i] * r * projection) * r);
        }
    }
}
