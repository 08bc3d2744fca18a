package carve.cpu.norm;

import static carve.cpu.memory.NativeMemory.F;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.LaneReduction;
import carve.cpu.simd.VectorMath;
import carve.cpu.thread.ThreadPool;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/**
 * Root-mean-square normalisation over the last axis, with and without a gate, forward and backward.
 *
 * <p>With r = 1 / sqrt(mean(x^2) + eps), n = x r w, where w is the weight plus an offset. Gradients: dw = sum over rows of dn x r, and with h = dn w,
 * dx = r (h - x r mean(h x r)). A gate multiplies by silu(g), after the norm or before it. The weight may cover
 * several rows (a suffix of x's shape): row i uses row {@code i % weightRows} of it.
 */
public final class RmsNormLoops {
    private static final int GRAIN = 8 * 1024;

    private final ThreadPool threadPool;

    /** Makes the loops, which run on a pool. */
    public RmsNormLoops(ThreadPool threadPool) {
        this.threadPool = threadPool;
    }

    /** The position of the gate. */
    public enum Gate {
        /** No gate. */
        NONE,
        /** norm(x) times silu(g). */
        AFTER,
        /** norm(x times silu(g)). */
        BEFORE
    }

    /**
     * The extents of a norm.
     *
     * @param rows number of rows
     * @param width elements of a row
     * @param weightRows rows that the weight covers
     * @param eps added to the mean square
     * @param offset added to the weight
     * @param gate where the gate is applied
     */
    public record NormShape(int rows, int width, int weightRows, float eps, float offset, Gate gate) {
        int perTask() {
            return Math.max(1, GRAIN / width) * weightRows;
        }

        int tasks() {
            int perTask = perTask();
            return (rows + perTask - 1) / perTask;
        }
    }

    /** Writes y = rms norm of x (rows, width), gated by g as {@code size} says. */
    public void rms(NormShape normShape, long x, long weight, long g, long y) {
        int perTask = normShape.perTask();
        threadPool.parallelFor(normShape.tasks(), (task, scratchpad) -> {
            float[] u = scratchpad.floats(normShape.width + LANES);
            float[] gates = scratchpad.floats(normShape.width + LANES);
            int end = Math.min(normShape.rows, (task + 1) * perTask);
            for (int row = task * perTask; row < end; row++) {
                long at = 4L * row * normShape.width;
                rmsRow(
                        normShape,
                        x + at,
                        weight + 4L * (row % normShape.weightRows) * normShape.width,
                        g + at,
                        y + at,
                        u,
                        gates);
            }
        });
    }

    private static void rmsRow(NormShape normShape, long x, long w, long g, long y, float[] u, float[] gates) {
        int width = normShape.width;
        if (normShape.gate != Gate.NONE) {
            gates(g, gates, width);
        }
        float square = sumOfSquares(normShape.gate == Gate.BEFORE, x, gates, u, width);
        float r = (float) (1 / Math.sqrt(square / width + normShape.eps));
        scaled(normShape.gate == Gate.AFTER, r, w, normShape.offset, y, u, gates, width);
    }

    /** Writes y = u r (w + offset), times the gates if it is gated. */
    static void scaled(boolean gated, float r, long w, float offset, long y, float[] u, float[] gates, int width) {
        int i = 0;
        for (; i <= width - LANES; i += LANES) { // with what is inlined everywhere, see VectorMath
            FloatVector n = FloatVector.fromArray(F, u, i)
                    .mul(r)
                    .mul(FloatVector.fromMemorySegment(F, NativeMemory.ALL, w + 4L * i, NativeMemory.ORDER)
                            .add(offset));
            if (gated) {
                n.mul(FloatVector.fromArray(F, gates, i))
                        .intoMemorySegment(NativeMemory.ALL, y + 4L * i, NativeMemory.ORDER);
            } else {
                n.intoMemorySegment(NativeMemory.ALL, y + 4L * i, NativeMemory.ORDER);
            }
        }
        if (i < width) {
            VectorMask<Float> rest = NativeMemory.firstLanes(width - i);
            FloatVector n = FloatVector.fromArray(F, u, i)
                    .mul(r)
                    .mul(load(w + 4L * i, rest).add(offset));
            store(y + 4L * i, gated ? n.mul(FloatVector.fromArray(F, gates, i)) : n, rest);
        }
    }

    /** Writes silu(g); once for all uses, see {@link VectorMath}. */
    private static void gates(long g, float[] to, int width) {
        int whole = F.loopBound(width);
        for (int i = 0; i < whole; i += LANES) {
            VectorMath.silu(load(g + 4L * i)).intoArray(to, i);
        }
        if (whole < width) {
            restGates(g + 4L * whole, to, whole, NativeMemory.firstLanes(width - whole));
        }
    }

    private static void restGates(long g, float[] to, int at, VectorMask<Float> rest) {
        VectorMath.silu(load(g, rest)).intoArray(to, at);
    }

    /** Writes silu(g) and its derivative. */
    private static void gates(long g, float[] to, float[] derivatives, int width) {
        int whole = F.loopBound(width);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector gate = load(g + 4L * i);
            FloatVector s = VectorMath.sigmoid(gate);
            FloatVector y = gate.mul(s);
            y.intoArray(to, i);
            y.fma(FloatVector.broadcast(F, 1f).sub(s), s).intoArray(derivatives, i);
        }
        if (whole < width) {
            restGates(g + 4L * whole, to, derivatives, whole, NativeMemory.firstLanes(width - whole));
        }
    }

    private static void restGates(long g, float[] to, float[] derivatives, int at, VectorMask<Float> rest) {
        FloatVector gate = load(g, rest);
        FloatVector s = VectorMath.sigmoid(gate);
        FloatVector y = gate.mul(s);
        y.intoArray(to, at);
        y.fma(FloatVector.broadcast(F, 1f).sub(s), s).intoArray(derivatives, at);
    }

    /** Copies x, times the gates if it is gated, padded with zeros, and returns its sum of squares. */
    private static float sumOfSquares(boolean gated, long x, float[] gates, float[] u, int width) {
        int i = 0;
        FloatVector square = FloatVector.zero(F);
        for (; i <= width - LANES; i += LANES) {
            FloatVector v = load(x + 4L * i);
            v = gated ? v.mul(FloatVector.fromArray(F, gates, i)) : v;
            v.intoArray(u, i);
            square = v.fma(v, square);
        }
        if (i < width) {
            FloatVector v = load(x + 4L * i, NativeMemory.firstLanes(width - i));
            v = gated ? v.mul(FloatVector.fromArray(F, gates, i)) : v;
            v.intoArray(u, i);
            square = v.fma(v, square);
        }
        return LaneReduction.sum(square);
    }

    /**
     * Writes the gradients of {@link #rms}.
     *
     * @param dy the gradient of y
     * @param dx where the gradient of x goes
     * @param dw where the gradient of the weight goes
     * @param dg where the gradient of the gate goes, if there is one
     */
    void rmsBackward(NormShape normShape, long x, long weight, long g, long dy, long dx, long dw, long dg) {
        int perTask = normShape.perTask();
        int tasks = normShape.tasks();
        int length = normShape.weightRows * normShape.width;
        float[] partial = new float[tasks * length + LANES];
        threadPool.parallelFor(tasks, (task, scratchpad) -> {
            float[] u = scratchpad.floats(normShape.width + LANES);
            float[] h = scratchpad.floats(normShape.width + LANES);
            float[] gates = scratchpad.floats(normShape.width + LANES);
            float[] derivatives = scratchpad.floats(normShape.width + LANES);
            int end = Math.min(normShape.rows, (task + 1) * perTask);
            for (int row = task * perTask; row < end; row++) {
                long at = 4L * row * normShape.width;
                int weightRow = row % normShape.weightRows * normShape.width;
                rmsRowBackward(
                        normShape,
                        x + at,
                        weight + 4L * weightRow,
                        g + at,
                        dy + at,
                        dx + at,
                        dg + at,
                        u,
                        h,
                        gates,
                        derivatives,
                        partial,
                        task * length + weightRow);
            }
        });
        sum(partial, tasks, length, dw);
    }

    private static void rmsRowBackward(
            NormShape normShape,
            long x,
            long w,
            long g,
            long dy,
            long dx,
            long dg,
            float[] u,
            float[] h,
            float[] gates,
            float[] derivatives,
            float[] dw,
            int dwAt) {
        int width = normShape.width;
        if (normShape.gate != Gate.NONE) {
            gates(g, gates, derivatives, width);
        }
        float square = sumOfSquares(normShape.gate == Gate.BEFORE, x, gates, u, width);
        float r = (float) (1 / Math.sqrt(square / width + normShape.eps));
        boolean after = normShape.gate == Gate.AFTER;
        int whole = F.loopBound(width);
        FloatVector dot = FloatVector.zero(F);
        for (int i = 0; i < whole; i += LANES) { // with what is inlined everywhere, see VectorMath
            FloatVector n = FloatVector.fromArray(F, u, i).mul(r);
            FloatVector dn = FloatVector.fromMemorySegment(F, NativeMemory.ALL, dy + 4L * i, NativeMemory.ORDER);
            FloatVector weight = FloatVector.fromMemorySegment(F, NativeMemory.ALL, w + 4L * i, NativeMemory.ORDER)
                    .add(normShape.offset);
            if (after) {
                dn.mul(n)
                        .mul(weight)
                        .mul(FloatVector.fromArray(F, derivatives, i))
                        .intoMemorySegment(NativeMemory.ALL, dg + 4L * i, NativeMemory.ORDER);
                dn = dn.mul(FloatVector.fromArray(F, gates, i));
            }
            dn.fma(n, FloatVector.fromArray(F, dw, dwAt + i)).intoArray(dw, dwAt + i);
            FloatVector hn = dn.mul(weight);
            hn.intoArray(h, i);
            dot = hn.fma(n, dot);
        }
        if (whole < width) {
            VectorMask<Float> m = NativeMemory.firstLanes(width - whole);
            FloatVector n = FloatVector.fromArray(F, u, whole).mul(r);
            FloatVector dn = load(dy + 4L * whole, m);
            FloatVector weight = load(w + 4L * whole, m).add(normShape.offset);
            if (after) {
                FloatVector gradient = dn.mul(n).mul(weight).mul(FloatVector.fromArray(F, derivatives, whole));
                store(dg + 4L * whole, gradient, m);
                dn = dn.mul(FloatVector.fromArray(F, gates, whole));
            }
            FloatVector old = FloatVector.fromArray(F, dw, dwAt + whole, m);
            dn.fma(n, old).intoArray(dw, dwAt + whole, m);
            FloatVector hn = dn.mul(weight);
            hn.intoArray(h, whole);
            dot = hn.fma(n, dot);
        }
        inputGradients(
                normShape.gate == Gate.BEFORE,
                x,
                dx,
                dg,
                LaneReduction.sum(dot) / width,
                r,
                width,
                u,
                h,
                gates,
                derivatives);
    }

    private static void inputGradients(
            boolean gated,
            long x,
            long dx,
            long dg,
            float mean,
            float r,
            int width,
            float[] u,
            float[] h,
            float[] gates,
            float[] derivatives) {
        int whole = F.loopBound(width);
        for (int i = 0; i < whole; i += LANES) {
            FloatVector n = FloatVector.fromArray(F, u, i).mul(r);
            FloatVector du = FloatVector.fromArray(F, h, i).sub(n.mul(mean)).mul(r);
            if (gated) {
                du.mul(FloatVector.fromMemorySegment(F, NativeMemory.ALL, x + 4L * i, NativeMemory.ORDER))
                        .mul(FloatVector.fromArray(F, derivatives, i))
                        .intoMemorySegment(NativeMemory.ALL, dg + 4L * i, NativeMemory.ORDER);
                du = du.mul(FloatVector.fromArray(F, gates, i));
            }
            du.intoMemorySegment(NativeMemory.ALL, dx + 4L * i, NativeMemory.ORDER);
        }
        if (whole < width) {
            VectorMask<Float> m = NativeMemory.firstLanes(width - whole);
            FloatVector n = FloatVector.fromArray(F, u, whole).mul(r);
            FloatVector du = FloatVector.fromArray(F, h, whole).sub(n.mul(mean)).mul(r);
            if (gated) {
                FloatVector gradient =
                        du.mul(load(x + 4L * whole, m)).mul(FloatVector.fromArray(F, derivatives, whole));
                store(dg + 4L * whole, gradient, m);
                du = du.mul(FloatVector.fromArray(F, gates, whole));
            }
            store(dx + 4L * whole, du, m);
        }
    }

    /** Adds the partial sums of all tasks, in their order. */
    static void sum(float[] partial, int tasks, int length, long to) {
        for (int task = 1; task < tasks; task++) {
            for (int i = 0; i < length; i++) {
                partial[i] += partial[task * length + i];
            }
        }
        NativeMemory.copy(partial, 0, to, length);
    }
}
