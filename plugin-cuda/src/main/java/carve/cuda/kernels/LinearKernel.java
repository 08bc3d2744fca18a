package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.device.kit.OperandTypes;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.DTypeCode;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/**
 * {@link carve.api.op.Linear}: few rows by a kernel that reads each weight once, as it is stored, many as a product of
 * matrices.
 */
final class LinearKernel implements Kernel {
    private static final int MAX_SKINNY_ROWS = 8;
    // dequantising all blocks costs as much as reading them for this many rows more
    private static final int MAX_SKINNY_ROWS_QUANTISED = 32;
    private static final int ROWS = 8;
    private static final int COLUMNS = 2 * KernelLaunch.THREADS / 32;
    private static final int PIECE = 8;

    private final KernelContext kernelContext;

    LinearKernel(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    @Override
    public String name() {
        return "linear";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    private static Tensor matrix(Tensor x) {
        return x.reshape(-1, x.extent(-1));
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor x = matrix(operands.get(0));
        Tensor weight = operands.get(1);
        Shape shape = operands.get(0).shape().with(-1, weight.extent(0));
        int few = weight.dtype().isQuantised() ? MAX_SKINNY_ROWS_QUANTISED : MAX_SKINNY_ROWS;
        return List.of((x.extent(0) <= few ? skinnyProduct(x, operands) : product(x, operands)).reshape(shape));
    }

    private Tensor skinnyProduct(Tensor x, List<Tensor> operands) {
        Tensor weight = operands.get(1);
        int m = x.extent(0);
        int n = weight.extent(0);
        int k = x.extent(1);
        Tensor y = kernelContext.allocate(TensorType.f32(m, n));
        boolean biased = operands.size() == 3;
        var row = new KernelLaunch.StructArgument(
                x,
                weight,
                biased ? operands.get(2) : Long.valueOf(0),
                y,
                biased ? DTypeCode.of(operands.get(2).dtype()) : 0,
                m,
                n,
                k);
        var grid = new KernelLaunch.Grid((n + COLUMNS - 1) / COLUMNS, (m + ROWS - 1) / ROWS, 1);
        String kernel = k % PIECE == 0 ? "linear_rows" : "linear_rows_plain";
        kernelContext.gpuStream().launch("linear", kernel, grid, row, DTypeCode.of(weight.dtype()));
        return y;
    }

    private Tensor product(Tensor x, List<Tensor> operands) {
        return operands.size() == 3
                ? kernelContext
                        .matmul()
                        .productWithBias(x, operands.get(1), operands.get(2))
                        .orElseGet(() -> addBias(product(x, operands.subList(0, 2)), operands.get(2)))
                : kernelContext.matmul().product(x, operands.get(1), false, true);
    }

    private Tensor addBias(Tensor y, Tensor bias) {
        long n = y.shape().size();
        kernelContext
                .gpuStream()
                .launch(
                        "linear",
                        "linear_bias",
                        KernelLaunch.Grid.over(n),
                        y,
                        bias,
                        DTypeCode.of(bias.dtype()),
                        n,
                        y.extent(1));
        return y;
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = matrix(operands.get(0));
        Tensor weight = operands.get(1);
        Tensor dy = matrix(gradients.getFirst().orElseThrow());
        Optional<Tensor> dx = wanted.get(0)
                ? Optional.of(kernelContext
                        .matmul()
                        .product(dy, weight, false, false)
                        .reshape(operands.get(0).shape()))
                : Optional.empty();
        Optional<Tensor> dWeight =
                wanted.get(1) ? Optional.of(kernelContext.matmul().product(dy, x, true, false)) : Optional.empty();
        if (operands.size() == 2) {
            return OperandTypes.castGradients(operands, List.of(dx, dWeight));
        }
        Optional<Tensor> dBias =
                wanted.get(2) ? Optional.of(dy.sumTo(operands.get(2).shape())) : Optional.empty();
        return OperandTypes.castGradients(operands, List.of(dx, dWeight, dBias));
    }
}
