package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/** {@link carve.api.op.Rope}; backward is the rotation by the opposite angle. */
final class RopeKernel implements Kernel {
    private final KernelContext kernelContext;

    RopeKernel(KernelContext kernelContext) {
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
        return List.of(rotated(operands.getFirst(), operands, 1));
    }

    private Tensor rotated(Tensor x, List<Tensor> operands, float sign) {
        Tensor y = kernelContext.allocate(x.type());
        long n = y.shape().size();
        kernelContext
                .gpuStream()
                .launch(
                        "rope",
                        "rope",
                        KernelLaunch.Grid.over(n),
                        x,
                        operands.get(1),
                        operands.get(2),
                        y,
                        n,
                        x.extent(1),
                        x.extent(2),
                        x.extent(3),
                        operands.get(1).extent(1),
                        sign);
        return y;
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor dy = gradients.getFirst().orElseThrow();
        Optional<Tensor> dx = wanted.getFirst() ? Optional.of(rotated(dy, operands, -1)) : Optional.empty();
        return List.of(
                dx,
                wanted.get(1) ? Optional.of(tableGradient(operands, dy, true)) : Optional.empty(),
                wanted.get(2) ? Optional.of(tableGradient(operands, dy, false)) : Optional.empty());
    }

    // of cos: dy_low x_low + dy_high x_high; of sin: dy_high x_low - dy_low x_high; over rows and heads
    private static Tensor tableGradient(List<Tensor> operands, Tensor dy, boolean cosine) {
        Tensor x = operands.getFirst();
        int half = operands.get(1).extent(1);
        Tensor low = x.slice(3, 0, half);
        Tensor high = x.slice(3, half, 2 * half);
        Tensor lowSlope = dy.slice(3, 0, half);
        Tensor highSlope = dy.slice(3, half, 2 * half);
        Tensor slope = cosine
                ? lowSlope.multiply(low).add(highSlope.multiply(high))
                : highSlope.multiply(low).subtract(lowSlope.multiply(high));
        return slope.sumTo(Shape.of(x.extent(1), 1, half)).reshape(x.extent(1), half);
    }
}
