package carve.api.device;

import carve.api.tensor.DType;
import carve.api.tensor.DeviceContext;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;

/**
 * The device that defines every primitive: plain Java, one thread, double accumulators, no kernels.
 *
 * <p>Results are rounded to their storage type. It is what other devices are compared with, and slow.
 */
public final class ReferenceDevice implements Device {
    private final DeviceContext deviceContext = new DeviceContext();

    /** Makes the device. */
    public ReferenceDevice() {}

    /** Returns the definition of a function of one element. */
    public static double unary(Op.UnaryFunction function, double x) {
        return ReferenceMath.unary(function, x);
    }

    @Override
    public String name() {
        return "reference";
    }

    @Override
    public DeviceContext context() {
        return deviceContext;
    }

    @Override
    public Buffer allocate(TensorType type) {
        boolean quantised = type.dtype().isQuantised();
        double[] values = new double
                [Math.toIntExact(quantised ? type.bytes() : type.shape().size())];
        Arrays.fill(values, quantised ? -1 : type.dtype().isFloating() ? Double.NaN : 0);
        return new ReferenceBuffer(values);
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        return Optional.empty();
    }

    @Override
    public boolean stores(DType dtype) {
        return true;
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        return new ReferenceBuffer(ReferenceValues.read(type, values));
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        ReferenceValues.write(tensor.dtype(), values(tensor), to);
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        Shape from = bytewise(source).shape();
        Shape into = bytewise(target).shape();
        long inner = from.product(axis + 1, from.rank());
        int block = (int) (from.extent(axis) * inner);
        int stride = (int) (into.extent(axis) * inner);
        for (int o = 0; o < from.product(0, axis); o++) {
            System.arraycopy(values(source), o * block, values(target), (int) (o * stride + start * inner), block);
        }
    }

    @Override
    public void close() {
        deviceContext.scopes().closeAll();
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        if (op instanceof Op.Cast) {
            return new ReferenceBuffer(cast(operands.getFirst(), result));
        }
        if (result.dtype().isQuantised()) {
            return execute(op, operands.stream().map(this::bytewise).toList(), result.asBytes());
        }
        Tensor x = operands.getFirst();
        double[] a = values(x);
        Shape shape = x.shape();
        double[] out = new double[Math.toIntExact(result.shape().size())];
        switch (op) {
            case Op.Unary unary -> fill(out, i -> ReferenceMath.unary(unary.function(), a[i]));
            case Op.Binary binary -> binary(binary, operands, result.shape(), out);
            case Op.Compare compare -> compare(compare, operands, result.shape(), out);
            case Op.Where where -> where(operands, result.shape(), out);
            case Op.MatMul matmul -> ReferenceMath.matmul(matmul, operands, values(operands), result.shape(), out);
            case Op.Sum sum -> ReferenceMath.alongAxis(shape, sum.axis(), a, out, ReferenceMath::sum);
            case Op.Max max -> ReferenceMath.alongAxis(shape, max.axis(), a, out, ReferenceMath::max);
            case Op.ArgMax max -> ReferenceMath.alongAxis(shape, max.axis(), a, out, ReferenceMath::argMax);
            case Op.SumTo sumTo -> {
                int[] target = ReferenceMath.broadcastIndex(sumTo.shape(), shape);
                IntStream.range(0, a.length).forEach(i -> out[target[i]] += a[i]);
            }
            case Op.BroadcastTo to -> {
                int[] source = ReferenceMath.broadcastIndex(shape, to.shape());
                fill(out, i -> a[source[i]]);
            }
            case Op.Reshape reshape -> System.arraycopy(a, 0, out, 0, out.length);
            case Op.Permute permute -> ReferenceMath.permute(shape, permute.order(), a, out);
            case Op.Slice slice ->
                ReferenceMath.copyAxis(result.shape(), shape, slice.axis(), slice.from(), out, a, false);
            case Op.Pad pad -> ReferenceMath.copyAxis(shape, result.shape(), pad.axis(), pad.before(), a, out, true);
            case Op.Concat concat -> {
                int at = 0;
                for (Tensor part : operands) {
                    ReferenceMath.copyAxis(part.shape(), result.shape(), concat.axis(), at, values(part), out, true);
                    at += part.extent(concat.axis());
                }
            }
            case Op.CumulativeSum sum -> ReferenceMath.cumulativeSum(sum, shape, a, out);
            case Op.LowerTriangle triangle -> {
                int rows = shape.extent(-2);
                int columns = shape.extent(-1);
                fill(out, i -> i % columns > i / columns % rows + triangle.diagonal() ? 0 : a[i]);
            }
            case Op.Gather gather -> {
                int row = (int) shape.product(1, shape.rank());
                double[] indices = values(operands.get(1));
                fill(out, i -> a[ReferenceMath.index(indices[i / row], shape.extent(0)) * row + i % row]);
            }
            case Op.ScatterAdd scatter -> {
                double[] rows = values(operands.get(1));
                int row = a.length == 0 ? 0 : rows.length / a.length;
                for (int i = 0; i < rows.length; i++) {
                    out[ReferenceMath.index(a[i / row], scatter.rows()) * row + i % row] += rows[i];
                }
            }
            case Op.Cast cast -> System.arraycopy(a, 0, out, 0, out.length);
        }
        return new ReferenceBuffer(ReferenceValues.round(result.dtype(), out));
    }

    private static double[] cast(Tensor x, TensorType result) {
        double[] values = x.dtype().isQuantised()
                ? ReferenceValues.dequantised(x.dtype(), values(x))
                : values(x).clone();
        return result.dtype().isQuantised()
                ? ReferenceValues.quantised(result, values)
                : ReferenceValues.round(result.dtype(), values);
    }

    private Tensor bytewise(Tensor x) {
        return x.dtype().isQuantised() ? Tensor.over(this, x.type().asBytes(), x.buffer()) : x;
    }

    private static void binary(Op.Binary op, List<Tensor> operands, Shape shape, double[] out) {
        double[] a = spread(operands.get(0), shape);
        double[] b = spread(operands.get(1), shape);
        boolean integers = operands.getFirst().dtype() == DType.I32;
        fill(out, i -> {
            double value = ReferenceMath.binary(op.function(), a[i], b[i]);
            return integers ? (int) (long) value : value;
        });
    }

    private static void compare(Op.Compare op, List<Tensor> operands, Shape shape, double[] out) {
        double[] a = spread(operands.get(0), shape);
        double[] b = spread(operands.get(1), shape);
        fill(out, i -> ReferenceMath.compare(op.comparison(), a[i], b[i]) ? 1 : 0);
    }

    private static void where(List<Tensor> operands, Shape shape, double[] out) {
        double[] mask = spread(operands.get(0), shape);
        double[] a = spread(operands.get(1), shape);
        double[] b = spread(operands.get(2), shape);
        fill(out, i -> mask[i] != 0 ? a[i] : b[i]);
    }

    private static double[] spread(Tensor tensor, Shape shape) {
        double[] values = values(tensor);
        if (tensor.shape().equals(shape)) {
            return values;
        }
        return IntStream.of(ReferenceMath.broadcastIndex(tensor.shape(), shape))
                .mapToDouble(i -> values[i])
                .toArray();
    }

    private static void fill(double[] out, IntToDoubleFunction function) {
        Arrays.setAll(out, function);
    }

    private static double[] values(Tensor tensor) {
        return ((ReferenceBuffer) tensor.buffer()).values();
    }

    private static List<double[]> values(List<Tensor> tensors) {
        return tensors.stream().map(ReferenceDevice::values).toList();
    }
}
