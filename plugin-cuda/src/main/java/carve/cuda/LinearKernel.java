package carve.cuda;

import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * {@link carve.api.op.Linear}: few rows by a kernel that reads each weight once, as it is stored, many as a product of
 * matrices.
 */
final class LinearKernel implements ScopedKernel.Narrow {
    private static final int FEW = 8;
    // to widen all blocks costs as much as to read them for so many more
    private static final int FEW_OF_BLOCKS = 32;
    private static final int ROWS = 8;
    private static final int COLUMNS = 2 * Launch.THREADS / 32;
    private static final int PIECE = 8;

    private final Engine engine;

    LinearKernel(Engine engine) {
        this.engine = engine;
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
        int few = weight.dtype().isQuantised() ? FEW_OF_BLOCKS : FEW;
        return List.of((x.extent(0) <= few ? rows(x, operands) : product(x, operands)).reshape(shape));
    }

    private Tensor rows(Tensor x, List<Tensor> operands) {
        Tensor weight = operands.get(1);
        int m = x.extent(0);
        int n = weight.extent(0);
        int k = x.extent(1);
        Tensor y = engine.make(TensorType.f32(m, n));
        boolean biased = operands.size() == 3;
        var row = new Launch.Struct(
                x,
                weight,
                biased ? operands.get(2) : Long.valueOf(0),
                y,
                biased ? Code.of(operands.get(2).dtype()) : 0,
                m,
                n,
                k);
        var grid = new Launch.Grid((n + COLUMNS - 1) / COLUMNS, (m + ROWS - 1) / ROWS, 1);
        String kernel = k % PIECE == 0 ? "linear_rows" : "linear_rows_plain";
        engine.stream().run("linear", kernel, grid, row, Code.of(weight.dtype()));
        return y;
    }

    private Tensor product(Tensor x, List<Tensor> operands) {
        return operands.size() == 3
                ? engine.device()
                        .multiplyAndAdd(x, operands.get(1), operands.get(2))
                        .orElseGet(() -> biased(product(x, operands.subList(0, 2)), operands.get(2)))
                : engine.device().multiply(x, operands.get(1), false, true);
    }

    private Tensor biased(Tensor y, Tensor bias) {
        long n = y.shape().size();
        engine.stream()
                .run("linear", "linear_bias", Launch.Grid.over(n), y, bias, Code.of(bias.dtype()), n, y.extent(1));
        return y;
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = matrix(operands.get(0));
        Tensor weight = operands.get(1);
        Tensor dy = matrix(gradients.getFirst().orElseThrow());
        Optional<Tensor> dx = wanted.get(0)
                ? Optional.of(engine.device()
                        .multiply(dy, weight, false, false)
                        .reshape(operands.get(0).shape()))
                : Optional.empty();
        Optional<Tensor> dWeight =
                wanted.get(1) ? Optional.of(engine.device().multiply(dy, x, true, false)) : Optional.empty();
        if (operands.size() == 2) {
            return List.of(dx, dWeight);
        }
        Optional<Tensor> dBias =
                wanted.get(2) ? Optional.of(dy.sumTo(operands.get(2).shape())) : Optional.empty();
        return List.of(dx, dWeight, dBias);
    }
}
