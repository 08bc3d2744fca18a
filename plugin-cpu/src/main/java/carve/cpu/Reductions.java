package carve.cpu;

import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Types;
import carve.cpu.Primitives.Operand;

/** The primitives that sum, or take the greatest, along axes. */
final class Reductions {
    private final Workers workers;
    private final Rowwise rowwise;

    Reductions(Workers workers) {
        this.workers = workers;
        this.rowwise = new Rowwise(workers);
    }

    void sumTo(Operand x, Operand out) {
        long[] target = Types.broadcastStrides(out.shape(), x.shape());
        Nest nest = Nest.of(x.shape(), Types.strides(x.shape()), target);
        int kept = keptRows(x.shape(), target);
        Memory.fill(out.address(), out.type().bytes(), (byte) 0);
        if (out.dtype() == DType.I32) {
            nest.each(
                    0,
                    nest.rows(),
                    workers.scratch(),
                    (at, scratch) -> integerSum(nest, x.address(), out.address(), at));
        } else if (kept > 1) {
            // rows of different leading indices have different targets, so they can be shared out
            long rows = nest.rows() / kept;
            int tasks =
                    (int) Math.min(Math.min(kept, 1024), Math.max(1, x.shape().size() / Rowwise.GRAIN));
            int size = (kept + tasks - 1) / tasks;
            workers.run(
                    tasks,
                    (task, scratch) -> nest.each(
                            Math.min(kept, task * size) * rows,
                            Math.min(kept, (task + 1) * size) * rows,
                            scratch,
                            (at, s) -> sumRow(nest, x, out, at)));
        } else if (nest.step(1) != 0 && nest.rows() > 1) {
            sumColumns(nest, x, out);
        } else {
            nest.each(0, nest.rows(), workers.scratch(), (at, scratch) -> sumRow(nest, x, out, at));
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

    private static void sumRow(Nest nest, Operand x, Operand out, long[] at) {
        long from = x.address() + 4 * at[0];
        long to = out.address() + 4 * at[1];
        if (nest.step(1) == 0) {
            Memory.set(to, Memory.get(to) + Maps.sum(from, nest.inner()));
        } else {
            Maps.accumulate(from, to, nest.inner());
        }
    }

    /** Adds rows; workers divide the columns, so that the order of the terms is always the same. */
    private void sumColumns(Nest nest, Operand x, Operand out) {
        int tasks =
                x.shape().size() < 4 * Rowwise.GRAIN ? 1 : Math.min(workers.threads(), Math.max(1, nest.inner() / 64));
        int width = ((nest.inner() + tasks - 1) / tasks + Memory.LANES - 1) / Memory.LANES * Memory.LANES;
        workers.run(tasks, (task, own) -> {
            int from = task * width;
            int n = Math.min(width, nest.inner() - from);
            if (n > 0) {
                nest.each(
                        0,
                        nest.rows(),
                        own,
                        (at, scratch) -> Maps.accumulate(
                                x.address() + 4 * (at[0] + from), out.address() + 4 * (at[1] + from), n));
            }
        });
    }

    private static void integerSum(Nest nest, long x, long out, long[] at) {
        for (int i = 0; i < nest.inner(); i++) {
            long to = out + 4 * (at[1] + nest.step(1) * i);
            Memory.setInt(to, Memory.getInt(to) + Memory.getInt(x + 4 * (at[0] + i)));
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
            rowwise.run(
                    out.shape().size(),
                    count,
                    row -> Memory.set(out.address() + 4 * row, Maps.max(x.address() + 4 * row * count, count)));
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
                    Memory.setInt(to, best);
                },
                out);
    }

    /** What is done with the elements along an axis. */
    @FunctionalInterface
    private interface Line {
        void run(long from, int step, int count, long to);
    }

    private void alongAxis(Operand x, int axis, Line line, Operand out) {
        int count = x.extent(axis);
        long inner = x.shape().product(axis + 1, x.shape().rank());
        int bytes = x.dtype().bytes();
        rowwise.run(
                out.shape().size(),
                count,
                i -> line.run(
                        x.address() + bytes * (i / inner * inner * count + i % inner),
                        (int) (bytes * inner),
                        count,
                        out.address() + out.dtype().bytes() * i));
    }

    void cumulativeSum(Operand x, int axis, boolean reverse, Operand out) {
        int count = x.extent(axis);
        int inner = (int) x.shape().product(axis + 1, x.shape().rank());
        boolean integers = x.dtype() == DType.I32;
        rowwise.run(x.shape().size() / count, count, i -> {
            long start = i / inner * inner * count + i % inner;
            double sum = 0;
            for (int j = 0; j < count; j++) {
                long at = 4 * (start + (long) (reverse ? count - 1 - j : j) * inner);
                sum += integers ? Memory.getInt(x.address() + at) : Memory.get(x.address() + at);
                Casts.set(x.dtype(), out.address() + at, sum);
            }
        });
    }
}
