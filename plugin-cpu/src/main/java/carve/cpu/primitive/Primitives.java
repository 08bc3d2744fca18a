package carve.cpu.primitive;

import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeInference;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.gemm.Gemm;
import carve.cpu.gemm.GemmProblem;
import carve.cpu.gemm.Matrix;
import carve.cpu.gemm.RightLayout;
import carve.cpu.memory.CpuBuffer;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Casts;
import carve.cpu.simd.Elementwise;
import carve.cpu.thread.ParallelFor;
import carve.cpu.thread.Scratchpad;
import carve.cpu.thread.ThreadPool;
import java.util.List;

/** The primitives of the device on operands whose arithmetic is in F32 or I32; see {@link Op} for what each does. */
public final class Primitives {
    private final ThreadPool threadPool;

    private final Gemm gemm;
    private final ParallelFor parallelFor;
    private final Reductions reductions;
    private final DataMovement dataMovement;

    /** Makes the primitives of a device. */
    public Primitives(ThreadPool threadPool, Gemm gemm) {
        this.threadPool = threadPool;
        this.gemm = gemm;
        this.parallelFor = new ParallelFor(threadPool);
        this.reductions = new Reductions(threadPool);
        this.dataMovement = new DataMovement(threadPool);
    }

    /**
     * An operand: where its values are and what they are.
     *
     * @param address of the first value
     * @param type storage type and shape
     */
    public record Operand(long address, TensorType type) {
        /** Returns the operand that a tensor of this device is. */
        public static Operand of(Tensor tensor) {
            return new Operand(((CpuBuffer) tensor.buffer()).address(), tensor.type());
        }

        Shape shape() {
            return type.shape();
        }

        /** Returns the bytes of a quantised tensor; others as they are. */
        public Operand bytewise() {
            return type.dtype().isQuantised() ? new Operand(address, type.asBytes()) : this;
        }

        /** Returns the storage type. */
        public DType dtype() {
            return type.dtype();
        }

        int extent(int axis) {
            return type.shape().extent(axis);
        }
    }

    /** Writes the result of an op, which is no cast, to {@code out}; floating-point arithmetic is on F32 operands. */
    public void run(Op op, List<Operand> in, Operand out) {
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
            case Op.BroadcastTo to ->
                dataMovement.copyStrided(x, ShapeInference.broadcastStrides(x.shape(), out.shape()), out);
            case Op.Reshape reshape -> NativeMemory.copy(x.address, out.address, out.type.bytes());
            case Op.Permute permute ->
                dataMovement.copyStrided(x, DataMovement.permutedStrides(x.shape(), permute.order()), out);
            case Op.Slice slice -> dataMovement.copySlice(out, x, slice.axis(), slice.from(), false);
            case Op.Pad pad -> {
                NativeMemory.fill(out.address, out.type.bytes(), (byte) 0);
                dataMovement.copySlice(x, out, pad.axis(), pad.before(), true);
            }
            case Op.Concat concat -> {
                int at = 0;
                for (Operand piece : in) {
                    dataMovement.copySlice(piece, out, concat.axis(), at, true);
                    at += piece.extent(concat.axis());
                }
            }
            case Op.CumulativeSum sum -> reductions.cumulativeSum(x, sum.axis(), sum.reverse(), out);
            case Op.LowerTriangle triangle -> dataMovement.lowerTriangle(x, triangle.diagonal(), out);
            case Op.Gather gather -> dataMovement.gather(x, in.get(1), out);
            case Op.ScatterAdd scatter -> dataMovement.scatterAdd(x, in.get(1), out);
            case Op.Cast cast ->
                Casts.cast(
                        threadPool,
                        x.dtype(),
                        x.address,
                        out.dtype(),
                        out.address,
                        out.shape().size());
        }
    }

    private void unary(Op.UnaryFunction function, Operand x, Operand out) {
        parallelFor.overRanges(
                out.shape().size(),
                (from, n) -> Elementwise.unary(function, x.address + 4 * from, out.address + 4 * from, n));
    }

    private void binary(Op.BinaryFunction function, Operand a, Operand b, Operand out) {
        StridedLoop stridedLoop = nest(out, a, b);
        int stepA = (int) stridedLoop.innerStride(0) * 4;
        int stepB = (int) stridedLoop.innerStride(1) * 4;
        if (out.dtype() != DType.F32) {
            stridedLoop.forEach(
                    threadPool,
                    ParallelFor.GRAIN_SIZE,
                    (at, scratchpad) -> binaryInt(
                            function,
                            a.address + 4 * at[0],
                            stepA,
                            b.address + 4 * at[1],
                            stepB,
                            out.address + 4 * at[2],
                            stridedLoop.innerLength()));
        } else if (stridedLoop.outerCount() == 1) {
            try (var _ = threadPool.scratch().frame()) {
                long left = broadcastOperand(a.address, stepA, threadPool.scratch());
                long right = broadcastOperand(b.address, stepB, threadPool.scratch());
                parallelFor.overRanges(
                        stridedLoop.innerLength(),
                        (from, n) -> Elementwise.binary(
                                function,
                                left + stepA * from,
                                stepA,
                                right + stepB * from,
                                stepB,
                                out.address + 4 * from,
                                n));
            }
        } else {
            stridedLoop.forEach(threadPool, ParallelFor.GRAIN_SIZE, (at, scratchpad) -> {
                try (var _ = scratchpad.frame()) {
                    Elementwise.binary(
                            function,
                            broadcastOperand(a.address + 4 * at[0], stepA, scratchpad),
                            stepA,
                            broadcastOperand(b.address + 4 * at[1], stepB, scratchpad),
                            stepB,
                            out.address + 4 * at[2],
                            stridedLoop.innerLength());
                }
            });
        }
    }

    /** Returns the address to read an operand from: its own, or for a repeated one that of a vector of copies of its value. */
    private static long broadcastOperand(long address, int step, Scratchpad scratchpad) {
        if (step != 0) {
            return address;
        }
        long copies = scratchpad.nativeBuffer(4L * NativeMemory.LANES);
        Elementwise.fill(copies, NativeMemory.get(address), NativeMemory.LANES);
        return copies;
    }

    /** Returns the loops over a result with operands broadcast to it; the result is the last operand. */
    private static StridedLoop nest(Operand out, Operand... operands) {
        long[][] strides = new long[operands.length + 1][];
        for (int i = 0; i < operands.length; i++) {
            strides[i] = ShapeInference.broadcastStrides(operands[i].shape(), out.shape());
        }
        strides[operands.length] = ShapeInference.strides(out.shape());
        return StridedLoop.of(out.shape(), strides);
    }

    static void binaryInt(Op.BinaryFunction function, long a, int stepA, long b, int stepB, long out, int n) {
        for (int i = 0; i < n; i++) {
            int x = NativeMemory.getInt(a + (long) stepA * i);
            int y = NativeMemory.getInt(b + (long) stepB * i);
            NativeMemory.setInt(
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
        StridedLoop stridedLoop = nest(out, a, b);
        int stepA = (int) stridedLoop.innerStride(0) * a.dtype().bytes();
        int stepB = (int) stridedLoop.innerStride(1) * a.dtype().bytes();
        stridedLoop.forEach(threadPool, ParallelFor.GRAIN_SIZE, (at, scratchpad) -> {
            long x = a.address + a.dtype().bytes() * at[0];
            long y = b.address + a.dtype().bytes() * at[1];
            for (int i = 0; i < stridedLoop.innerLength(); i++) {
                boolean holds = compare(comparison, a.dtype(), x + (long) stepA * i, y + (long) stepB * i);
                NativeMemory.setByte(out.address + at[2] + i, holds ? (byte) 1 : 0);
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
        StridedLoop stridedLoop = nest(out, mask, a, b);
        int bytes = out.dtype().bytes();
        stridedLoop.forEach(threadPool, ParallelFor.GRAIN_SIZE, (at, scratchpad) -> {
            for (int i = 0; i < stridedLoop.innerLength(); i++) {
                boolean left = NativeMemory.getByte(mask.address + at[0] + stridedLoop.innerStride(0) * i) != 0;
                long from = left
                        ? a.address + bytes * (at[1] + stridedLoop.innerStride(1) * i)
                        : b.address + bytes * (at[2] + stridedLoop.innerStride(2) * i);
                copyElement(bytes, from, out.address + bytes * (at[3] + i));
            }
        });
    }

    static void copyElement(int bytes, long from, long to) {
        switch (bytes) {
            case 4 -> NativeMemory.setInt(to, NativeMemory.getInt(from));
            case 2 -> NativeMemory.setShort(to, NativeMemory.getShort(from));
            default -> NativeMemory.setByte(to, NativeMemory.getByte(from));
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
        var left = new Matrix(a.address, a.extent(-1), sharedA ? 0 : (long) m * k);
        var right = new Matrix(b.address, b.extent(-1), sharedB ? 0 : (long) k * n);
        var result = new Matrix(out.address, n, (long) m * n);
        RightLayout layout = op.transposeB() ? RightLayout.F32_TRANSPOSED : RightLayout.F32;
        gemm.multiply(GemmProblem.matmul(batch, m, n, k, left, op.transposeA(), right, layout, result));
    }

    /** Writes a tensor over part of another along an axis. */
    public void store(Operand source, Operand target, int axis, int start) {
        dataMovement.store(source, target, axis, start);
    }
}
