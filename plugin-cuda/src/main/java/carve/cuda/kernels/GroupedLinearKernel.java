package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.device.kit.OperandTypes;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.DTypeCode;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/**
 * {@link carve.api.op.GroupedLinear}: few rows by a kernel that reads the weights of each product, many sorted by expert, in
 * tiles that read those of an expert once; weights are dequantised where they are read. Nothing waits for the host.
 */
final class GroupedLinearKernel implements Kernel {
    private static final int MAX_SKINNY_ROWS = 16;
    private static final int COLUMNS = 2 * KernelLaunch.THREADS / 32;
    private static final int TILE = 64;
    private static final Long NONE = 0L;

    private final KernelContext kernelContext;

    GroupedLinearKernel(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    @Override
    public String name() {
        return "grouped-linear";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor x = operands.get(0);
        Tensor y = kernelContext.allocate(TensorType.f32(
                x.extent(0), operands.get(1).extent(1), operands.get(2).extent(1)));
        if (x.extent(0) <= MAX_SKINNY_ROWS) {
            multiplyRows(operands, y);
        } else {
            multiplyGroups("grouped_product", operands, x, operands.get(1).extent(1), bias(operands), y);
        }
        return List.of(y);
    }

    private static Object bias(List<Tensor> operands) {
        return operands.size() == 4 ? operands.get(3) : NONE;
    }

    private static int biasType(List<Tensor> operands) {
        return operands.size() == 4 ? DTypeCode.of(operands.get(3).dtype()) : 0;
    }

    private void multiplyRows(List<Tensor> operands, Tensor y) {
        Tensor experts = operands.get(1);
        Tensor weight = operands.get(2);
        int n = weight.extent(1);
        var grouped = new KernelLaunch.StructArgument(
                operands.get(0),
                weight,
                bias(operands),
                y,
                experts,
                kernelContext.gpuStream().indexErrorAddress(),
                biasType(operands),
                weight.extent(0),
                experts.extent(1),
                n,
                weight.extent(2),
                0);
        var grid = new KernelLaunch.Grid((n + COLUMNS - 1) / COLUMNS, products(experts), 1);
        kernelContext.gpuStream().launch("linear", "grouped_rows", grid, grouped, DTypeCode.of(weight.dtype()));
    }

    private static int products(Tensor experts) {
        return Math.toIntExact(experts.shape().size());
    }

    /** Products sorted by expert, and where those of each begin. */
    private record Groups(Tensor products, Tensor starts) {}

    private Groups groups(Tensor experts, int count) {
        int n = products(experts);
        Tensor products = kernelContext.allocate(new TensorType(DType.I32, Shape.of(n)));
        Tensor starts = kernelContext.allocate(new TensorType(DType.I32, Shape.of(count + 1)));
        kernelContext
                .gpuStream()
                .launch(
                        "grouped_linear",
                        "group_experts",
                        KernelLaunch.Grid.of(count),
                        experts,
                        n,
                        count,
                        products,
                        starts,
                        kernelContext.gpuStream().indexErrorAddress());
        return new Groups(products, starts);
    }

    /** Launches a product of rows, each of which serves so many products that follow each other. */
    private void multiplyGroups(
            String kernel, List<Tensor> operands, Tensor rows, int choices, Object bias, Tensor result) {
        Tensor experts = operands.get(1);
        Tensor weight = operands.get(2);
        int count = weight.extent(0);
        int tiles = products(experts) / TILE + Math.min(count, products(experts));
        var grid = new KernelLaunch.Grid((result.extent(-1) + TILE - 1) / TILE, tiles, 1);
        var grouped = struct(operands, rows, weight, bias, result, choices, groups(experts, count));
        kernelContext.gpuStream().launch("grouped_linear", kernel, grid, grouped);
    }

    private static KernelLaunch.StructArgument struct(
            List<Tensor> operands, Tensor rows, Tensor right, Object bias, Tensor result, int choices, Groups groups) {
        Tensor weight = operands.get(2);
        return new KernelLaunch.StructArgument(
                rows,
                right,
                bias,
                result,
                groups.products,
                groups.starts,
                DTypeCode.of(right.dtype()),
                biasType(operands),
                weight.extent(0),
                choices,
                weight.extent(1),
                weight.extent(2));
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor dy = gradients.getFirst().orElseThrow();
        Optional<Tensor> dx = wanted.get(0) ? Optional.of(inputGradient(operands, dy)) : Optional.empty();
        Optional<Tensor> dWeight = wanted.get(2) ? Optional.of(weightGradient(operands, dy)) : Optional.empty();
        if (operands.size() == 3) {
            return OperandTypes.castGradients(operands, List.of(dx, Optional.empty(), dWeight));
        }
        Optional<Tensor> dBias = wanted.get(3) ? Optional.of(biasGradient(operands, dy)) : Optional.empty();
        return OperandTypes.castGradients(operands, List.of(dx, Optional.empty(), dWeight, dBias));
    }

    // of each product for itself, then the sum over those of a row: the same bits every time
    private Tensor inputGradient(List<Tensor> operands, Tensor dy) {
        Tensor x = operands.get(0);
        int choices = operands.get(1).extent(1);
        Tensor parts = kernelContext.allocate(TensorType.f32(x.extent(0), choices, x.extent(1)));
        multiplyGroups("grouped_product_gradient", operands, dy, 1, NONE, parts);
        return (choices == 1 ? parts : parts.sum(1)).reshape(x.shape());
    }

    private Tensor weightGradient(List<Tensor> operands, Tensor dy) {
        Tensor weight = operands.get(2);
        Tensor gradient = kernelContext.allocate(weight.type().with(DType.F32));
        Groups groups = groups(operands.get(1), weight.extent(0));
        var grid = new KernelLaunch.Grid(
                (weight.extent(2) + TILE - 1) / TILE, (weight.extent(1) + TILE - 1) / TILE, weight.extent(0));
        int choices = operands.get(1).extent(1);
        kernelContext
                .gpuStream()
                .launch(
                        "grouped_linear",
                        "grouped_weight_gradient",
                        grid,
                        struct(operands, operands.get(0), dy, NONE, gradient, choices, groups));
        return gradient;
    }

    private Tensor biasGradient(List<Tensor> operands, Tensor dy) {
        Shape shape = operands.get(3).shape();
        Tensor gradient = kernelContext.allocate(new TensorType(DType.F32, shape));
        Groups groups = groups(operands.get(1), shape.extent(0));
        kernelContext
                .gpuStream()
                .launch(
                        "grouped_linear",
                        "grouped_bias_gradient",
                        KernelLaunch.Grid.over(shape.size()),
                        dy,
                        groups.products,
                        groups.starts,
                        gradient,
                        shape.size(),
                        shape.extent(1));
        return gradient;
    }
}
