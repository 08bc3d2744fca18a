package carve.cpu;

import carve.api.device.DeviceException;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Types;
import java.util.List;

/** The primitives of the device on operands whose arithmetic is in F32 or I32; see {@link Op} for what each does. */
final class Primitives {
    private static final int GRAIN = 16 * 1024;

    private final Workers workers;
    private final Gemm gemm;

    Primitives(Workers workers, Gemm gemm) {
        this.workers = workers;
        this.gemm = gemm;
    }

    /**
     * An operand: where its values are and what they are.
     *
     * @param address of the first value
     * @param type storage type and shape
     */
    record Operand(long address, TensorType type) {
        /** Returns the operand that a tensor of this device is. */
        static Operand of(Tensor tensor) {
            return new Operand(((CpuBuffer) tensor.buffer()).address(), tensor.type());
        }

        Shape shape() {
            return type.shape();
        }

        /** Returns the bytes of a quantised tensor; others as they are. */
        Operand bytewise() {
            return type.dtype().isQuantised() ? new Operand(address, type.bytewise()) : this;
        }

        DType dtype() {
            return type.dtype();
        }

        int extent(int axis) {
            return type.shape().extent(axis);
        }
    }

    /** Writes the result of an op, which is no cast, to {@code out}; floating-point arithmetic is on F32 operands. */
    void run(Op op, List<Operand> in, Operand out) {
        if (out.shape().size() == 0) {
            return;
        }
        Operand x = in.getFirst();
        switch (op) {
            case Op.Unary unary -> unary(unary.function(), x, out);
            case Op.Binary binary -> binary(binary.function(), x, in.get(1), out);
            case Op.Compare compare -> compare(compare.comparison(), x, in.get(1), out);
            case Op.Where where -> where(x, in.get(1), in.get(2), out);
            case Op.MatMul matmul -> matmul(matmul, x, in.get(1), out);
            case Op.Sum sum -> sumTo(x, out);
            case Op.Max max -> max(x, max.axis(), out);
            case Op.ArgMax max -> argMax(x, max.axis(), out);
            case Op.SumTo sum -> sumTo(x, out);
            case Op.BroadcastTo to -> spread(x, Types.broadcastStrides(x.shape(), out.shape()), out);
            case Op.Reshape reshape -> Memory.copy(x.address, out.address, out.type.bytes());
            case Op.Permute permute -> spread(x, permuted(x.shape(), permute.order()), out);
            case Op.Slice slice -> part(out, x, slice.axis(), slice.from(), false);
            case Op.Pad pad -> {
                Memory.fill(out.address, out.type.bytes(), (byte) 0);
                part(x, out, pad.axis(), pad.before(), true);
            }
            case Op.Concat concat -> {
                int at = 0;
                for (Operand piece : in) {
                    part(piece, out, concat.axis(), at, true);
                    at += piece.extent(concat.axis());
                }
            }
            case Op.CumulativeSum sum -> cumulativeSum(x, sum.axis(), sum.reverse(), out);
            case Op.LowerTriangle triangle -> lowerTriangle(x, triangle.diagonal(), out);
            case Op.Gather gather -> gather(x, in.get(1), out);
            case Op.ScatterAdd scatter -> scatterAdd(x, in.get(1), out);
            case Op.Cast cast ->
                Casts.run(
                        workers,
                        x.dtype(),
                        x.address,
                        out.dtype(),
                        out.address,
                        out.shape().size());
        }
    }

    private void chunks(long size, Chunk chunk) {
        int tasks = (int) Math.max(1, Math.min(1 << 16, (size + GRAIN - 1) / GRAIN));
        long length = ((size + tasks - 1) / tasks + Memory.LANES - 1) / Memory.LANES * Memory.LANES;
        workers.run(tasks, (task, scratch) -> {
            long from = task * length;
            long to = Math.min(size, from + length);
            if (from < to) {
                chunk.run(from, (int) (to - from));
            }
        });
    }

    /** What is done with a range of elements. */
    @FunctionalInterface
    private interface Chunk {
        void run(long from, int count);
    }

    private void unary(Op.UnaryFunction function, Operand x, Operand out) {
        chunks(out.shape().size(), (from, n) -> Maps.unary(function, x.address + 4 * from, out.address + 4 * from, n));
    }

    private void binary(Op.BinaryFunction function, Operand a, Operand b, Operand out) {
        Nest nest = nest(out, a, b);
        int stepA = (int) nest.step(0) * 4;
        int stepB = (int) nest.step(1) * 4;
        if (out.dtype() != DType.F32) {
            nest.each(
                    workers,
                    GRAIN,
                    (at, scratch) -> integers(
                            function,
                            a.address + 4 * at[0],
                            stepA,
                            b.address + 4 * at[1],
                            stepB,
                            out.address + 4 * at[2],
                            nest.inner()));
        } else if (nest.rows() == 1) {
            long left = workers.scratch().repeated(a.address, stepA, 0);
            long right = workers.scratch().repeated(b.address, stepB, 1);
            chunks(
                    nest.inner(),
                    (from, n) -> Maps.binary(
                            function,
                            left + stepA * from,
                            stepA,
                            right + stepB * from,
                            stepB,
                            out.address + 4 * from,
                            n));
        } else {
            nest.each(
                    workers,
                    GRAIN,
                    (at, scratch) -> Maps.binary(
                            function,
                            scratch.repeated(a.address + 4 * at[0], stepA, 0),
                            stepA,
                            scratch.repeated(b.address + 4 * at[1], stepB, 1),
                            stepB,
                            out.address + 4 * at[2],
                            nest.inner()));
        }
    }

    /** Returns the loops over a result with operands broadcast to it; the result is the last operand. */
    private static Nest nest(Operand out, Operand... operands) {
        long[][] strides = new long[operands.length + 1][];
        for (int i = 0; i < operands.length; i++) {
            strides[i] = Types.broadcastStrides(operands[i].shape(), out.shape());
        }
        strides[operands.length] = Types.strides(out.shape());
        return Nest.of(out.shape(), strides);
    }

    private static void integers(Op.BinaryFunction function, long a, int stepA, long b, int stepB, long out, int n) {
        for (int i = 0; i < n; i++) {
            int x = Memory.getInt(a + (long) stepA * i);
            int y = Memory.getInt(b + (long) stepB * i);
            Memory.setInt(
                    out + 4L * i,
                    switch (function) {
                        case ADD -> x + y;
                        case SUBTRACT -> x - y;
                        case MULTIPLY -> x * y;
                        case DIVIDE -> y == 0 ? (int) (long) ((double) x / y) : (int) ((long) x / y);
                        case MAXIMUM -> Math.max(x, y);
                        case MINIMUM -> Math.min(x, y);
                    });
        }
    }

    private void compare(Op.Comparison comparison, Operand a, Operand b, Operand out) {
        Nest nest = nest(out, a, b);
        int stepA = (int) nest.step(0) * a.dtype().bytes();
        int stepB = (int) nest.step(1) * a.dtype().bytes();
        nest.each(workers, GRAIN, (at, scratch) -> {
            long x = a.address + a.dtype().bytes() * at[0];
            long y = b.address + a.dtype().bytes() * at[1];
            for (int i = 0; i < nest.inner(); i++) {
                boolean holds = compare(comparison, a.dtype(), x + (long) stepA * i, y + (long) stepB * i);
                Memory.setByte(out.address + at[2] + i, holds ? (byte) 1 : 0);
            }
        });
    }

    private static boolean compare(Op.Comparison comparison, DType dtype, long a, long b) {
        double x = Casts.get(dtype, a);
        double y = Casts.get(dtype, b);
        return switch (comparison) {
            case EQUAL -> x == y;
            case LESS -> x < y;
            case LESS_OR_EQUAL -> x <= y;
        };
    }

    private void where(Operand mask, Operand a, Operand b, Operand out) {
        Nest nest = nest(out, mask, a, b);
        int bytes = out.dtype().bytes();
        nest.each(workers, GRAIN, (at, scratch) -> {
            for (int i = 0; i < nest.inner(); i++) {
                boolean left = Memory.getByte(mask.address + at[0] + nest.step(0) * i) != 0;
                long from = left
                        ? a.address + bytes * (at[1] + nest.step(1) * i)
                        : b.address + bytes * (at[2] + nest.step(2) * i);
                element(bytes, from, out.address + bytes * (at[3] + i));
            }
        });
    }

    private static void element(int bytes, long from, long to) {
        switch (bytes) {
            case 4 -> Memory.setInt(to, Memory.getInt(from));
            case 2 -> Memory.setShort(to, Memory.getShort(from));
            default -> Memory.setByte(to, Memory.getByte(from));
        }
    }

    private void matmul(Op.MatMul op, Operand a, Operand b, Operand out) {
        int m = out.extent(-2);
        int n = out.extent(-1);
        int k = a.extent(op.transposeA() ? -2 : -1);
        int batch = (int) out.shape().product(0, out.shape().rank() - 2);
        boolean sharedA = a.shape().rank() == 2;
        boolean sharedB = b.shape().rank() == 2;
        if (sharedB && !op.transposeA()) { // the rows of all batches are rows of one matrix
            m *= batch;
            batch = 1;
        }
        var left = new Gemm.Matrix(a.address, a.extent(-1), sharedA ? 0 : (long) m * k);
        var right = new Gemm.Matrix(b.address, b.extent(-1), sharedB ? 0 : (long) k * n);
        var result = new Gemm.Matrix(out.address, n, (long) m * n);
        gemm.multiply(
                new Gemm.Extents(batch, m, n, k),
                left,
                op.transposeA(),
                right,
                op.transposeB() ? Gemm.Right.F32_TRANSPOSED : Gemm.Right.F32,
                result,
                false);
    }

    private void sumTo(Operand x, Operand out) {
        long[] target = Types.broadcastStrides(out.shape(), x.shape());
        Nest nest = Nest.of(x.shape(), Types.strides(x.shape()), target);
        int kept = keptRows(x.shape(), target);
        Memory.fill(out.address, out.type.bytes(), (byte) 0);
        if (out.dtype() == DType.I32) {
            nest.each(0, nest.rows(), workers.scratch(), (at, scratch) -> integerSum(nest, x.address, out.address, at));
        } else if (kept > 1) {
            // rows of different leading indices have different targets, so they can be shared out
            long rows = nest.rows() / kept;
            int tasks =
                    (int) Math.min(Math.min(kept, 1024), Math.max(1, x.shape().size() / GRAIN));
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
        long from = x.address + 4 * at[0];
        long to = out.address + 4 * at[1];
        if (nest.step(1) == 0) {
            Memory.set(to, Memory.get(to) + Maps.sum(from, nest.inner()));
        } else {
            Maps.accumulate(from, to, nest.inner());
        }
    }

    /** Adds rows; workers divide the columns, so that the order of the terms is always the same. */
    private void sumColumns(Nest nest, Operand x, Operand out) {
        int tasks = x.shape().size() < 4 * GRAIN ? 1 : Math.min(workers.threads(), Math.max(1, nest.inner() / 64));
        int width = ((nest.inner() + tasks - 1) / tasks + Memory.LANES - 1) / Memory.LANES * Memory.LANES;
        workers.run(tasks, (task, own) -> {
            int from = task * width;
            int n = Math.min(width, nest.inner() - from);
            if (n > 0) {
                nest.each(
                        0,
                        nest.rows(),
                        own,
                        (at, scratch) ->
                                Maps.accumulate(x.address + 4 * (at[0] + from), out.address + 4 * (at[1] + from), n));
            }
        });
    }

    private static void integerSum(Nest nest, long x, long out, long[] at) {
        for (int i = 0; i < nest.inner(); i++) {
            long to = out + 4 * (at[1] + nest.step(1) * i);
            Memory.setInt(to, Memory.getInt(to) + Memory.getInt(x + 4 * (at[0] + i)));
        }
    }

    private void max(Operand x, int axis, Operand out) {
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
            rows(
                    out.shape().size(),
                    count,
                    row -> Memory.set(out.address + 4 * row, Maps.max(x.address + 4 * row * count, count)));
        }
    }

    private void argMax(Operand x, int axis, Operand out) {
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
        rows(
                out.shape().size(),
                count,
                i -> line.run(
                        x.address + bytes * (i / inner * inner * count + i % inner),
                        (int) (bytes * inner),
                        count,
                        out.address + out.dtype().bytes() * i));
    }

    /** What is done with a row. */
    @FunctionalInterface
    private interface RowWork {
        void run(long row);
    }

    private void rows(long rows, int width, RowWork work) {
        int tasks = (int) Math.max(1, Math.min(rows, Math.min(1024, rows * Math.max(1, width) / GRAIN)));
        long size = (rows + tasks - 1) / tasks;
        workers.run(tasks, (task, scratch) -> {
            for (long row = task * size; row < Math.min(rows, (task + 1) * size); row++) {
                work.run(row);
            }
        });
    }

    private static long[] permuted(Shape shape, List<Integer> order) {
        long[] strides = Types.strides(shape);
        return order.stream().mapToLong(axis -> strides[axis]).toArray();
    }

    /** Copies elements that are found by strides. */
    private void spread(Operand x, long[] strides, Operand out) {
        int bytes = out.dtype().bytes();
        Nest nest = Nest.of(out.shape(), strides, Types.strides(out.shape()));
        long step = nest.step(0);
        int inner = nest.inner();
        if (nest.rows() == 1 && step == 0 && bytes == 4) {
            float value = Memory.get(x.address);
            chunks(inner, (from, n) -> Maps.fill(out.address + 4 * from, value, n));
            return;
        }
        nest.each(workers, GRAIN, (at, scratch) -> {
            long from = x.address + bytes * at[0];
            long to = out.address + bytes * at[1];
            if (step == 1) {
                Memory.copyShort(from, to, (long) inner * bytes);
            } else if (step == 0 && bytes == 4) {
                Maps.fill(to, Memory.get(from), inner);
            } else {
                for (int i = 0; i < inner; i++) {
                    element(bytes, from + bytes * step * i, to + (long) bytes * i);
                }
            }
        });
    }

    /** Copies a small tensor into the part of a large one that starts at an index of an axis, or that part into it. */
    private void part(Operand small, Operand large, int axis, int start, boolean into) {
        int rank = small.shape().rank();
        long inner = small.shape().product(axis + 1, rank) * small.dtype().bytes();
        long block = small.extent(axis) * inner;
        long stride = large.extent(axis) * inner;
        rows(small.shape().product(0, axis), (int) Math.min(1 << 20, block / 4), row -> {
            long part = small.address + row * block;
            long whole = large.address + row * stride + start * inner;
            Memory.copyShort(into ? part : whole, into ? whole : part, block);
        });
    }

    /** Writes a tensor over part of another along an axis. */
    void store(Operand source, Operand target, int axis, int start) {
        part(source, target, axis, start, true);
    }

    private void cumulativeSum(Operand x, int axis, boolean reverse, Operand out) {
        int count = x.extent(axis);
        int inner = (int) x.shape().product(axis + 1, x.shape().rank());
        boolean integers = x.dtype() == DType.I32;
        rows(x.shape().size() / count, count, i -> {
            long start = i / inner * inner * count + i % inner;
            double sum = 0;
            for (int j = 0; j < count; j++) {
                long at = 4 * (start + (long) (reverse ? count - 1 - j : j) * inner);
                sum += integers ? Memory.getInt(x.address + at) : Memory.get(x.address + at);
                Casts.set(x.dtype(), out.address + at, sum);
            }
        });
    }

    private void lowerTriangle(Operand x, int diagonal, Operand out) {
        int columns = x.extent(-1);
        int rows = x.extent(-2);
        int bytes = x.dtype().bytes();
        rows(x.shape().size() / columns, columns, row -> {
            int kept = (int) Math.max(0, Math.min(columns, row % rows + diagonal + 1));
            long at = row * columns * bytes;
            Memory.copyShort(x.address + at, out.address + at, (long) kept * bytes);
            Memory.fill(out.address + at + (long) kept * bytes, (long) (columns - kept) * bytes, (byte) 0);
        });
    }

    private void gather(Operand table, Operand indices, Operand out) {
        long bytes =
                table.shape().product(1, table.shape().rank()) * table.dtype().bytes();
        int extent = table.extent(0);
        long count = indices.shape().size();
        for (long i = 0; i < count; i++) {
            index(Memory.getInt(indices.address + 4 * i), extent);
        }
        rows(
                count,
                (int) Math.min(1 << 20, bytes / 4),
                i -> Memory.copyShort(
                        table.address + bytes * Memory.getInt(indices.address + 4 * i),
                        out.address + bytes * i,
                        bytes));
    }

    private static int index(int index, int extent) {
        if (index < 0 || index >= extent) {
            throw new DeviceException("index %d is outside of a table of %d rows".formatted(index, extent));
        }
        return index;
    }

    private void scatterAdd(Operand indices, Operand rows, Operand out) {
        long count = indices.shape().size();
        int width = count == 0 ? 0 : (int) (rows.shape().size() / count);
        Memory.fill(out.address, out.type.bytes(), (byte) 0);
        for (long i = 0; i < count; i++) {
            index(Memory.getInt(indices.address + 4 * i), out.extent(0));
        }
        int tasks = count * width < 4 * GRAIN ? 1 : Math.min(workers.threads(), Math.max(1, width / 64));
        int size = ((width + tasks - 1) / tasks + Memory.LANES - 1) / Memory.LANES * Memory.LANES;
        workers.run(tasks, (task, scratch) -> {
            int from = task * size;
            int n = Math.min(size, width - from);
            for (long i = 0; n > 0 && i < count; i++) {
                long row = Memory.getInt(indices.address + 4 * i);
                add(out.dtype(), rows.address + 4 * (i * width + from), out.address + 4 * (row * width + from), n);
            }
        });
    }

    private static void add(DType dtype, long from, long to, int n) {
        if (dtype == DType.F32) {
            Maps.accumulate(from, to, n);
        } else {
            integers(Op.BinaryFunction.ADD, to, 4, from, 4, to, n);
        }
    }
}
