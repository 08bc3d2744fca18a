package carve.cpu;

import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Types;
import java.util.List;

/** The primitives of the device on operands whose arithmetic is in F32 or I32; see {@link Op} for what each does. */
final class Primitives {
    private final Workers workers;

    private final Gemm gemm;
    private final Rowwise rowwise;
    private final Reductions reductions;
    private final Moves moves;

    Primitives(Workers workers, Gemm gemm) {
        this.workers = workers;
        this.gemm = gemm;
        this.rowwise = new Rowwise(workers);
        this.reductions = new Reductions(workers);
        this.moves = new Moves(workers);
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
            case Op.Sum sum -> reductions.sumTo(x, out);
            case Op.Max max -> reductions.max(x, max.axis(), out);
            case Op.ArgMax max -> reductions.argMax(x, max.axis(), out);
            case Op.SumTo sum -> reductions.sumTo(x, out);
            case Op.BroadcastTo to -> moves.spread(x, Types.broadcastStrides(x.shape(), out.shape()), out);
            case Op.Reshape reshape -> Memory.copy(x.address, out.address, out.type.bytes());
            case Op.Permute permute -> moves.spread(x, Moves.permuted(x.shape(), permute.order()), out);
            case Op.Slice slice -> moves.part(out, x, slice.axis(), slice.from(), false);
            case Op.Pad pad -> {
                Memory.fill(out.address, out.type.bytes(), (byte) 0);
                moves.part(x, out, pad.axis(), pad.before(), true);
            }
            case Op.Concat concat -> {
                int at = 0;
                for (Operand piece : in) {
                    moves.part(piece, out, concat.axis(), at, true);
                    at += piece.extent(concat.axis());
                }
            }
            case Op.CumulativeSum sum -> reductions.cumulativeSum(x, sum.axis(), sum.reverse(), out);
            case Op.LowerTriangle triangle -> moves.lowerTriangle(x, triangle.diagonal(), out);
            case Op.Gather gather -> moves.gather(x, in.get(1), out);
            case Op.ScatterAdd scatter -> moves.scatterAdd(x, in.get(1), out);
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

    private void unary(Op.UnaryFunction function, Operand x, Operand out) {
        rowwise.chunks(
                out.shape().size(), (from, n) -> Maps.unary(function, x.address + 4 * from, out.address + 4 * from, n));
    }

    private void binary(Op.BinaryFunction function, Operand a, Operand b, Operand out) {
        Nest nest = nest(out, a, b);
        int stepA = (int) nest.step(0) * 4;
        int stepB = (int) nest.step(1) * 4;
        if (out.dtype() != DType.F32) {
            nest.each(
                    workers,
                    Rowwise.GRAIN,
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
            rowwise.chunks(
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
                    Rowwise.GRAIN,
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

    static void integers(Op.BinaryFunction function, long a, int stepA, long b, int stepB, long out, int n) {
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
        nest.each(workers, Rowwise.GRAIN, (at, scratch) -> {
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
        nest.each(workers, Rowwise.GRAIN, (at, scratch) -> {
            for (int i = 0; i < nest.inner(); i++) {
                boolean left = Memory.getByte(mask.address + at[0] + nest.step(0) * i) != 0;
                long from = left
                        ? a.address + bytes * (at[1] + nest.step(1) * i)
                        : b.address + bytes * (at[2] + nest.step(2) * i);
                element(bytes, from, out.address + bytes * (at[3] + i));
            }
        });
    }

    static void element(int bytes, long from, long to) {
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

    /** Writes a tensor over part of another along an axis. */
    void store(Operand source, Operand target, int axis, int start) {
        moves.store(source, target, axis, start);
    }
}
