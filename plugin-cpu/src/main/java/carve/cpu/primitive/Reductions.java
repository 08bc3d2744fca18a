package carve.cpu.primitive;

import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeInference;
import carve.cpu.memory.NativeMemory;
import carve.cpu.primitive.Primitives.Operand;
import carve.cpu.simd.Casts;
import carve.cpu.simd.Elementwise;
import carve.cpu.thread.ParallelFor;
import carve.cpu.thread.ThreadPool;

/** The primitives that sum, or take the greatest, along axes. */
final class Reductions {
    private final ThreadPool threadPool;
    private final ParallelFor parallelFor;

    Reductions(ThreadPool threadPool) {
        this.threadPool = threadPool;
        this.parallelFor = new ParallelFor(threadPool);
    }

    void sumTo(Operand x, Operand out) {
        long[] target = ShapeInference.broadcastStrides(out.shape(), x.shape());
        StridedLoop stridedLoop = StridedLoop.of(x.shape(), ShapeInference.strides(x.shape()), target);
        int kept = keptRows(x.shape(), target);
        NativeMemory.fill(out.address(), out.type().bytes(), (byte) 0);
        if (out.dtype() == DType.I32) {
            stridedLoop.forEach(
                    0,
                    stridedLoop.outerCount(),
                    threadPool.scratch(),
                    (at, scratchpad) -> integerSum(stridedLoop, x.address(), out.address(), at));
        } else if (kept > 1) {
            // rows of different leading indices have different targets, so they can be shared out
            long rows = stridedLoop.outerCount() / kept;
            int tasks =
                    (int) Math.min(Math.min(kept, 1024), Math.max(1, x.shape().size() / ParallelFor.GRAIN_SIZE));
            int size = (kept + tasks - 1) / tasks;
            threadPool.parallelFor(
                    tasks,
                    (task, scratchpad) -> stridedLoop.forEach(
                            Math.min(kept, task * size) * rows,
                            Math.min(kept, (task + 1) * size) * rows,
                            scratchpad,
                            (at, s) -> sumRow(stridedLoop, x, out, at)));
        } else if (stridedLoop.innerStride(1) != 0 && stridedLoop.outerCount() > 1) {
            sumColumns(stridedLoop, x, out);
        } else {
            stridedLoop.forEach(
                    0,
                    stridedLoop.outerCount(),
                    threadPool.scratch(),
                    (at, scratchpad) -> sumRow(stridedLoop, x, out, at));
        }
    }

    /** Returns the product of the leading extents that the target keeps, if rows nest in them, else 1. */
    private static int keptRows(Shape shape, long[] target) {
        int axis = 0;
        long kept = 1;
        while (axis < shape.rank() - 1 && target[axis] != 0) {
            kept *= shape.extent(axis++);
        }
        boolean summed = false;
        for (int i = axis; i < shape.rank(); i++) {
            summed |= target[i] == 0 && shape.extent(i) > 1;
        }
        return summed && kept < Integer.MAX_VALUE ? (int) kept : 1;
    }

    private static void sumRow(StridedLoop stridedLoop, Operand x, Operand out, long[] at) {
        long from = x.address() + 4 * at[0];
        long to = out.address() + 4 * at[1];
        if (stridedLoop.innerStride(1) == 0) {
            NativeMemory.set(to, NativeMemory.get(to) + Elementwise.sum(from, stridedLoop.innerLength()));
        } else {
            Elementwise.accumulate(from, to, stridedLoop.innerLength());
        }
    }

    /** Adds rows; workers divide the columns, so that the order of the terms is always the same. */
    private void sumColumns(StridedLoop stridedLoop, Operand x, Operand out) {
        int tasks = x.shape().size() < 4 * ParallelFor.GRAIN_SIZE
                ? 1
                : Math.min(threadPool.threads(), Math.max(1, stridedLoop.innerLength() / 64));
        int width = ((stridedLoop.innerLength() + tasks - 1) / tasks + NativeMemory.LANES - 1)
                / NativeMemory.LANES
                * NativeMemory.LANES;
        threadPool.parallelFor(tasks, (task, own) -> {
            int from = task * width;
            int n = Math.min(width, stridedLoop.innerLength() - from);
            if (n > 0) {
                stridedLoop.forEach(
                        0,
                        stridedLoop.outerCount(),
                        own,
                        (at, scratchpad) -> Elementwise.accumulate(
                                x.address() + 4 * (at[0] + from), out.address() + 4 * (at[1] + from), n));
            }
        });
    }

    private static void integerSum(StridedLoop stridedLoop, long x, long out, long[] at) {
        for (int i = 0; i < stridedLoop.innerLength(); i++) {
            long to = out + 4 * (at[1] + stridedLoop.innerStride(1) * i);
            NativeMemory.setInt(to, NativeMemory.getInt(to) + NativeMemory.getInt(x + 4 * (at[0] + i)));
        }
    }

    void max(Operand x, int axis, Operand out) {
        int count = x.extent(axis);
        int inner = (int) x.shape().product(axis + 1, x.shape().rank());
        if (x.dtype() != DType.F32 || inner > 1) {
            alongAxis(
                    x,
                    axis,
                    (from, step, n, to) -> {
                        double max = Double.NEGATIVE_INFINITY;
                        for (int i = 0; i < n; i++) {
                            max = Math.max(max, Casts.get(x.dtype(), from + (long) step * i));
                        }
                        Casts.set(x.dtype(), to, max);
                    },
                    out);
        } else {
            parallelFor.overRows(
                    out.shape().size(),
                    count,
                    row -> NativeMemory.set(
                            out.address() + 4 * row, Elementwise.max(x.address() + 4 * row * count, count)));
        }
    }

    void argMax(Operand x, int axis, Operand out) {
        alongAxis(
                x,
                axis,
                (from, step, n, to) -> {
                    int best = 0;
                    double max = Casts.get(x.dtype(), from);
                    for (int i = 1; i < n; i++) {
                        double value = Casts.get(x.dtype(), from + (long) step * i);
                        if (value > max) {
                            best = i;
                            max = value;
                        }
                    }
                    NativeMemory.setInt(to, best);
                },
                out);
    }

    /** The reduction of the elements along an axis. */
    @FunctionalInterface
    private interface AxisBody {
        void run(long from, int step, int count, long to);
    }

    private void alongAxis(Operand x, int axis, AxisBody axisBody, Operand out) {
        int count = x.extent(axis);
        long inner = x.shape().product(axis + 1, x.shape().rank());
        int bytes = x.dtype().bytes();
        parallelFor.overRows(
                out.shape().size(),
                count,
                i -> axisBody.run(
                        x.address() + bytes * (i / inner * inner * count + i % inner),
                        (int) (bytes * inner),
                        count,
                        out.address() + out.dtype().bytes() * i));
    }

    void cumulativeSum(Operand x, int axis, boolean reverse, Operand out) {
        int count = x.extent(axis);
        int inner = (int) x.shape().product(axis + 1, x.shape().rank());
        boolean integers = x.dtype() == DType.I32;
        parallelFor.overRows(x.shape().size() / count, count, i -> {
            long start = i / inner * inner * count + i % inner;
            double sum = 0;
            for (int j = 0; j < count; j++) {
                long at = 4 * (start + (long) (reverse ? count - 1 - j : j) * inner);
                sum += integers ? NativeMemory.getInt(x.address() + at) : NativeMemory.get(x.address() + at);
                Casts.set(x.dtype(), out.address() + at, sum);
            }
        });
    }
}
