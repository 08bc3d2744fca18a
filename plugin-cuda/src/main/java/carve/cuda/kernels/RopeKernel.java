package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.Rope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/** {@link Rope}; backward is the rotation by the opposite angle. */
final class RopeKernel implements Kernel {
    private final KernelContext kernelContext;
    private final boolean interleaved;

    RopeKernel(KernelContext kernelContext, Rope op) {
        this.kernelContext = kernelContext;
        this.interleaved = op.pairing() == Rope.Pairing.INTERLEAVED;
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
                        interleaved,
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

    // of cos: da a + db b; of sin: db a - da b; over rows and heads
    private Tensor tableGradient(List<Tensor> operands, Tensor dy, boolean cosine) {
        Tensor x = operands.getFirst();
        int half = operands.get(1).extent(1);
        Tensor a = elements(x, half, 0);
        Tensor b = elements(x, half, 1);
        Tensor da = elements(dy, half, 0);
        Tensor db = elements(dy, half, 1);
        Tensor slope =
                cosine ? da.multiply(a).add(db.multiply(b)) : db.multiply(a).subtract(da.multiply(b));
        return slope.sumTo(Shape.of(x.extent(1), 1, half)).reshape(x.extent(1), half);
    }

    // the first or second elements of all pairs, (B, T, H, R/2)
    private Tensor elements(Tensor x, int half, int index) {
        if (!interleaved) {
            return x.slice(3, index * half, (index + 1) * half);
        }
        return x.slice(3, 0, 2 * half)
                .reshape(x.extent(0), x.extent(1), x.extent(2), half, 2)
                .slice(4, index, index + 1)
                .reshape(x.shape().with(3, half));
    }
}
