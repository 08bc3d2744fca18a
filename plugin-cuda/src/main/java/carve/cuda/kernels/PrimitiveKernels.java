package carve.cuda.kernels;

import carve.api.checkpoint.DTypeConversion;
import carve.api.device.DeviceException;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.ShapeInference;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.DTypeCode;
import carve.cuda.gpu.GpuBlas;
import carve.cuda.gpu.GpuStream;
import carve.cuda.gpu.KernelLaunch;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.stream.IntStream;

/** Primitives as launches of kernels, on operands in the storage types that arithmetic takes. */
public final class PrimitiveKernels {
    private static final int FEW_RESULTS = 4096;
    private static final int MANY_TERMS = 64;

    /** A tensor for kernels: where its values begin, and its type. */
    public record Operand(long address, TensorType type) {
        /** Returns the operand that a tensor of the device is. */
        public static Operand of(Tensor tensor) {
            return new Operand(GpuStream.address(tensor), tensor.type());
        }

        Shape shape() {
            return type.shape();
        }

        int bytes() {
            return type.dtype().bytes();
        }

        /** Returns the bytes of quantised rows; others as they are. */
        public Operand bytewise() {
            return type.dtype().isQuantised() ? new Operand(address, type.asBytes()) : this;
        }
    }

    private final GpuStream gpuStream;
    private final GpuBlas gpuBlas;

    /** Makes the launchers of primitives on a stream. */
    public PrimitiveKernels(GpuStream gpuStream, GpuBlas gpuBlas) {
        this.gpuStream = gpuStream;
        this.gpuBlas = gpuBlas;
    }

    /** Computes a primitive; the result is not empty. */
    public void execute(Op op, List<Operand> operands, Operand y) {
        Operand x = operands.getFirst();
        Shape shape = x.shape();
        KernelLaunch.Grid grid = KernelLaunch.Grid.over(y.shape().size());
        switch (op) {
            case Op.Unary unary ->
                gpuStream.launch(
                        "elementwise",
                        "unary",
                        grid,
                        unary.function().ordinal(),
                        x.address(),
                        y.address(),
                        y.shape().size());
            case Op.Binary binary ->
                elementwiseBinary("binary", binary.function().ordinal(), operands, y);
            case Op.Compare compare ->
                elementwiseBinary("compare", compare.comparison().ordinal(), operands, y);
            case Op.Where where -> where(operands, y);
            case Op.MatMul matmul -> matmul(matmul, x, operands.get(1), y);
            case Op.Sum sum -> reduce("sum", x, shape.with(sum.axis(), 1), y);
            case Op.Max max -> reduce("max", x, shape.with(max.axis(), 1), y);
            case Op.ArgMax max -> reduce("argmax", x, shape.with(max.axis(), 1), y);
            case Op.SumTo sumTo -> reduce("sum", x, sumTo.shape(), y);
            case Op.BroadcastTo to -> copy(x, 0, ShapeInference.broadcastStrides(shape, to.shape()), y, 0, y.shape());
            case Op.Reshape reshape -> throw new IllegalArgumentException("reshape shares its operand's memory");
            case Op.Permute permute -> copy(x, 0, permuted(shape, permute.order()), y, 0, y.shape());
            case Op.Slice slice ->
                copy(
                        x,
                        (long) slice.from() * inner(shape, slice.axis()),
                        ShapeInference.strides(shape),
                        y,
                        0,
                        y.shape());
            case Op.Pad pad -> {
                gpuStream.fill(y.address(), 0, y.type().bytes());
                copyInto(x, y, pad.axis(), pad.before());
            }
            case Op.Concat concat -> {
                int at = 0;
                for (Operand part : operands) {
                    copyInto(part, y, concat.axis(), at);
                    at += part.shape().extent(concat.axis());
                }
            }
            case Op.CumulativeSum sum -> cumulativeSum(sum, x, y);
            case Op.LowerTriangle triangle ->
                gpuStream.launch(
                        "move",
                        "lower_triangle",
                        grid,
                        x.bytes(),
                        x.address(),
                        y.address(),
                        y.shape().size(),
                        shape.extent(-2),
                        shape.extent(-1),
                        triangle.diagonal());
            case Op.Gather gather -> gather(x, operands.get(1), y);
            case Op.ScatterAdd scatter -> scatter(x, operands.get(1), y);
            case Op.Cast cast -> cast(x, y);
        }
    }

    /** Converts between storage types. */
    public void cast(Operand x, Operand y) {
        if (y.type().dtype().isQuantised()) {
            quantise(x, y);
            return;
        }
        gpuStream.launch(
                "elementwise",
                "cast",
                KernelLaunch.Grid.over(y.shape().size()),
                DTypeCode.of(x.type().dtype()),
                x.address(),
                DTypeCode.of(y.type().dtype()),
                y.address(),
                y.shape().size());
    }

    private void quantise(Operand x, Operand y) {
        requireSupported(x.type().dtype().isFloating(), "quantise", x.type().dtype());
        DType to = y.type().dtype();
        if (to != DType.Q8_0 && to != DType.Q4_0) {
            quantiseOnHost(x, y);
            return;
        }
        long blocks = y.shape().size() / y.type().dtype().blockElements();
        gpuStream.launch(
                "elementwise",
                "quantise",
                KernelLaunch.Grid.over(blocks),
                DTypeCode.of(x.type().dtype()),
                x.address(),
                DTypeCode.of(y.type().dtype()),
                y.address(),
                blocks);
    }

    // types that no cache is stored in, and no step of training or generation writes
    private void quantiseOnHost(Operand x, Operand y) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment values = arena.allocate(x.type().bytes(), Long.BYTES);
            gpuStream.download(x.address(), values, x.type().bytes());
            MemorySegment blocks =
                    DTypeConversion.convert(x.type().dtype(), values, y.type().dtype(), arena);
            gpuStream.upload(blocks, y.address(), y.type().bytes());
        }
    }

    /** Writes x over the part of y that starts at an index of an axis. */
    public void copyInto(Operand x, Operand y, int axis, int start) {
        if (x.shape().size() > 0) {
            copy(x, 0, ShapeInference.strides(x.shape()), y, (long) start * inner(y.shape(), axis), x.shape());
        }
    }

    private static long inner(Shape shape, int axis) {
        return shape.product(axis + 1, shape.rank());
    }

    private void copy(Operand x, long from, long[] strides, Operand y, long to, Shape shape) {
        var coalescedAxes = new CoalescedAxes(shape, strides, ShapeInference.strides(y.shape()));
        gpuStream.launch(
                "move",
                "copy",
                KernelLaunch.Grid.over(shape.size()),
                x.bytes(),
                x.address(),
                from,
                y.address(),
                to,
                coalescedAxes.struct());
    }

    private static long[] permuted(Shape shape, List<Integer> order) {
        long[] strides = ShapeInference.strides(shape);
        return order.stream().mapToLong(axis -> strides[axis]).toArray();
    }

    private void elementwiseBinary(String kernel, int function, List<Operand> operands, Operand y) {
        Operand a = operands.get(0);
        Operand b = operands.get(1);
        var coalescedAxes = new CoalescedAxes(
                y.shape(),
                ShapeInference.broadcastStrides(a.shape(), y.shape()),
                ShapeInference.broadcastStrides(b.shape(), y.shape()),
                ShapeInference.strides(y.shape()));
        String name = "%s_%s".formatted(kernel, a.type().dtype().key());
        boolean known = kernel.equals("compare") || a.type().dtype() != DType.I8;
        requireSupported(known, kernel, a.type().dtype());
        gpuStream.launch(
                "elementwise",
                name,
                KernelLaunch.Grid.over(y.shape().size()),
                function,
                a.address(),
                b.address(),
                y.address(),
                coalescedAxes.struct());
    }

    private static void requireSupported(boolean known, String what, DType dtype) {
        if (!known) {
            throw new DeviceException("%s does not support dtype %s; cast to F32 or I32".formatted(what, dtype));
        }
    }

    private void where(List<Operand> operands, Operand y) {
        long[][] strides = operands.stream()
                .map(x -> ShapeInference.broadcastStrides(x.shape(), y.shape()))
                .toArray(long[][]::new);
        gpuStream.launch(
                "elementwise",
                "where",
                KernelLaunch.Grid.over(y.shape().size()),
                y.bytes(),
                operands.get(0).address(),
                operands.get(1).address(),
                operands.get(2).address(),
                y.address(),
                new CoalescedAxes(y.shape(), strides).struct());
    }

    // What is row-major and (M, K) is, with columns one after the other, (K, M): so C^T = B^T A^T.
    private void matmul(Op.MatMul op, Operand a, Operand b, Operand y) {
        int m = y.shape().extent(-2);
        int n = y.shape().extent(-1);
        int k = a.shape().extent(op.transposeA() ? -2 : -1);
        if (k == 0) {
            gpuStream.fill(y.address(), 0, y.type().bytes());
            return;
        }
        int batches = Math.toIntExact(y.shape().product(0, y.shape().rank() - 2));
        GpuBlas.Matrix left = matrix(b, op.transposeB());
        GpuBlas.Matrix right = matrix(a, op.transposeA());
        gpuBlas.gemm(n, m, k, left, right, matrix(y, false), batches);
    }

    /** Sets y (m, n), F32, to {@code x w^T + bias} of x (m, k) and w (n, k); returns whether that is done, as in {@link GpuBlas}. */
    public boolean matmulWithBias(List<Operand> operands, long bias, Operand y) {
        int rows = y.shape().extent(0);
        int columns = y.shape().extent(1);
        int k = operands.getFirst().shape().extent(1);
        return k > 0
                && gpuBlas.gemmWithBias(
                        columns,
                        rows,
                        k,
                        matrix(operands.get(1), true),
                        matrix(operands.get(0), false),
                        matrix(y, false),
                        bias);
    }

    private static GpuBlas.Matrix matrix(Operand x, boolean transposed) {
        Shape shape = x.shape();
        long stride = shape.rank() == 2 ? 0 : (long) shape.extent(-1) * shape.extent(-2);
        return new GpuBlas.Matrix(x.address(), DTypeCode.of(x.type().dtype()), transposed, shape.extent(-1), stride);
    }

    private void reduce(String kernel, Operand x, Shape kept, Operand y) {
        Shape shape = x.shape();
        int missing = shape.rank() - kept.rank();
        boolean[] reduced = new boolean[shape.rank()];
        for (int axis = 0; axis < reduced.length; axis++) {
            reduced[axis] = axis < missing || kept.extent(axis - missing) == 1;
        }
        CoalescedAxes outer = selectAxes(shape, reduced, false);
        CoalescedAxes inner = selectAxes(shape, reduced, true);
        boolean floating = x.type().dtype() == DType.F32;
        requireSupported(
                floating || x.type().dtype() == DType.I32, kernel, x.type().dtype());
        String type = floating ? "_f32" : "_i32";
        boolean byBlock = outer.size() < FEW_RESULTS && inner.size() >= MANY_TERMS && floating;
        boolean blocks = kernel.equals("argmax") || kernel.equals("sum") && byBlock;
        String name = kernel.equals("sum") ? "sum_by_" + (byBlock ? "block" : "thread") : kernel;
        gpuStream.launch(
                "reduce",
                name + type,
                blocks ? KernelLaunch.Grid.of(outer.size()) : KernelLaunch.Grid.over(outer.size()),
                x.address(),
                y.address(),
                outer.struct(),
                inner.struct());
    }

    private static CoalescedAxes selectAxes(Shape shape, boolean[] reduced, boolean wanted) {
        int[] axes = IntStream.range(0, reduced.length)
                .filter(axis -> reduced[axis] == wanted)
                .toArray();
        long[] strides = ShapeInference.strides(shape);
        return new CoalescedAxes(
                Shape.of(IntStream.of(axes).map(shape::extent).toArray()),
                IntStream.of(axes).mapToLong(axis -> strides[axis]).toArray());
    }

    private void cumulativeSum(Op.CumulativeSum op, Operand x, Operand y) {
        requireSupported(
                x.type().dtype() == DType.F32, "cumulative sum", x.type().dtype());
        int count = x.shape().extent(op.axis());
        long lines = x.shape().size() / count;
        long inner = inner(x.shape(), op.axis());
        gpuStream.launch(
                "reduce",
                "cumulative_sum",
                KernelLaunch.Grid.over(lines),
                x.address(),
                y.address(),
                lines,
                count,
                inner,
                op.reverse());
    }

    private void gather(Operand table, Operand indices, Operand y) {
        Shape shape = table.shape();
        long width = shape.product(1, shape.rank()) * table.bytes();
        gpuStream.launch(
                "move",
                "gather",
                KernelLaunch.Grid.over(y.type().bytes()),
                table.address(),
                shape.extent(0),
                indices.address(),
                y.address(),
                indices.shape().size(),
                width,
                gpuStream.indexErrorAddress());
    }

    private void scatter(Operand indices, Operand rows, Operand y) {
        gpuStream.fill(y.address(), 0, y.type().bytes());
        int n = Math.toIntExact(indices.shape().size());
        if (n > 0) {
            gpuStream.launch(
                    "move",
                    "scatter_add",
                    KernelLaunch.Grid.of(n),
                    indices.address(),
                    rows.address(),
                    y.address(),
                    y.shape().extent(0),
                    n,
                    rows.shape().size() / n,
                    gpuStream.indexErrorAddress());
        }
    }
}
