package carve.cpu.kernel;

import static carve.cpu.kernel.KernelContext.addressOf;
import static carve.cpu.memory.NativeMemory.LANES;
import static carve.cpu.memory.NativeMemory.load;
import static carve.cpu.memory.NativeMemory.store;

import carve.api.device.Kernel;
import carve.api.op.Rope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.memory.NativeMemory;
import java.util.List;
import java.util.Optional;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/** {@link Rope}; backward is the rotation by the opposite angle. */
public final class RopeKernel implements Kernel {
    private static final int GRAIN = 16 * 1024;

    private final KernelContext kernelContext;

    /** Makes the kernel. */
    public RopeKernel(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    @Override
    public String name() {
        return "rope";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor y = kernelContext.allocate(operands.getFirst().type());
        rotate(operands.getFirst(), operands.get(1), operands.get(2), 1, y);
        return List.of(y);
    }

    private void rotate(Tensor x, Tensor cos, Tensor sin, float sign, Tensor y) {
        int positions = x.extent(1);
        int heads = x.extent(2);
        int width = x.extent(3);
        int half = cos.extent(1);
        int rows = x.extent(0) * positions;
        int perTask = Math.max(1, GRAIN / (heads * width));
        long from = addressOf(x);
        long to = addressOf(y);
        long cosines = addressOf(cos);
        long sines = addressOf(sin);
        kernelContext.threads().parallelFor((rows + perTask - 1) / perTask, (task, scratchpad) -> {
            for (int row = task * perTask; row < Math.min(rows, (task + 1) * perTask); row++) {
                long table = 4L * (row % positions) * half;
                for (int h = 0; h < heads; h++) {
                    long at = 4L * ((long) row * heads + h) * width;
                    head(from + at, cosines + table, sines + table, sign, to + at, half, width);
                }
            }
        });
    }

    private static void head(long x, long cos, long sin, float sign, long y, int half, int width) {
        int i = 0;
        for (; i <= half - LANES; i += LANES) {
            FloatVector c = load(cos + 4L * i);
            FloatVector s = load(sin + 4L * i).mul(sign);
            FloatVector low = load(x + 4L * i);
            FloatVector high = load(x + 4L * (i + half));
            store(y + 4L * i, low.mul(c).sub(high.mul(s)));
            store(y + 4L * (i + half), high.mul(c).add(low.mul(s)));
        }
        if (i < half) {
            VectorMask<Float> rest = NativeMemory.firstLanes(half - i);
            FloatVector c = load(cos + 4L * i, rest);
            FloatVector s = load(sin + 4L * i, rest).mul(sign);
            FloatVector low = load(x + 4L * i, rest);
            FloatVector high = load(x + 4L * (i + half), rest);
            store(y + 4L * i, low.mul(c).sub(high.mul(s)), rest);
            store(y + 4L * (i + half), high.mul(c).add(low.mul(s)), rest);
        }
        NativeMemory.copyShort(x + 8L * half, y + 8L * half, 4L * (width - 2 * half));
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.getFirst();
        Tensor cos = operands.get(1);
        Tensor sin = operands.get(2);
        Tensor dy = gradients.getFirst().orElseThrow();
        Optional<Tensor> dx = kernelContext.allocate(wanted.get(0), x.type());
        dx.ifPresent(to -> rotate(dy, cos, sin, -1, to));
        boolean tables = wanted.get(1) || wanted.get(2);
        return tables
                ? List.of(
                        dx,
                        Optional.of(tableGradient(x, dy, cos.type(), false)),
                        Optional.of(tableGradient(x, dy, cos.type(), true)))
                : List.of(dx, Optional.empty(), Optional.empty());
    }

    /** Returns the gradient of the cosines or sines; they are hardly ever trained, so primitives do. */
    private static Tensor tableGradient(Tensor x, Tensor dy, TensorType table, boolean sine) {
        int half = table.shape().extent(1);
        Tensor low = x.slice(3, 0, half);
        Tensor high = x.slice(3, half, 2 * half);
        Tensor dLow = dy.slice(3, 0, half);
        Tensor dHigh = dy.slice(3, half, 2 * half);
        return reduce(
                sine
                        ? dHigh.multiply(low).subtract(dLow.multiply(high))
                        : dLow.multiply(low).add(dHigh.multiply(high)),
                table);
    }

    /** Returns the sum of (B, T, H, R/2) over rows and heads, as (T, R/2). */
    private static Tensor reduce(Tensor x, TensorType table) {
        Shape shape = table.shape();
        return x.sumTo(Shape.of(1, shape.extent(0), 1, shape.extent(1))).reshape(shape);
    }
}
