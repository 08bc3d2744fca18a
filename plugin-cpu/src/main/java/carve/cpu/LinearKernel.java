package carve.cpu;

import static carve.cpu.Engine.at;

import carve.api.device.Kernel;
import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** {@link Linear} with weights in F32, BF16 or F16, which are widened as they are packed. */
final class LinearKernel implements Kernel {
    private final Engine engine;

    LinearKernel(Engine engine) {
        this.engine = engine;
    }

    /** Returns whether there is a kernel for these operands. */
    static boolean takes(List<TensorType> operands) {
        DType weight = operands.get(1).dtype();
        return operands.get(0).shape().size() > 0
                && operands.get(1).shape().size() > 0
                && (weight == DType.F32 || weight == DType.BF16 || weight == DType.F16)
                && (operands.size() == 2 || operands.get(2).dtype().isFloating());
    }

    @Override
    public String name() {
        return "vector-gemm";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor x = operands.get(0);
        Tensor w = operands.get(1);
        int n = w.extent(0);
        int k = w.extent(1);
        int m = (int) (x.shape().size() / k);
        Tensor y = engine.make(x.type().with(x.shape().with(-1, n)));
        if (m <= Gemv.ROWS && w.dtype() != DType.F16) {
            engine.gemv().multiply(m, n, k, at(x), at(w), w.dtype(), at(y));
        } else {
            engine.gemm()
                    .multiply(
                            new Gemm.Extents(1, m, n, k),
                            new Gemm.Matrix(at(x), k, 0),
                            false,
                            new Gemm.Matrix(at(w), k, 0),
                            transposed(w.dtype()),
                            new Gemm.Matrix(at(y), n, 0),
                            false);
        }
        if (operands.size() == 3) {
            addBias(at(operands.get(2).cast(DType.F32)), at(y), m, n);
        }
        return List.of(y);
    }

    private static Gemm.Right transposed(DType dtype) {
        return switch (dtype) {
            case BF16 -> Gemm.Right.BF16_TRANSPOSED;
            case F16 -> Gemm.Right.F16_TRANSPOSED;
            default -> Gemm.Right.F32_TRANSPOSED;
        };
    }

    private void addBias(long bias, long y, int m, int n) {
        int rows = Math.max(1, 16 * 1024 / n);
        engine.workers().run((m + rows - 1) / rows, (task, scratch) -> {
            for (int row = task * rows; row < Math.min(m, (task + 1) * rows); row++) {
                Maps.accumulate(bias, y + 4L * row * n, n);
            }
        });
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor x = operands.get(0);
        Tensor w = operands.get(1);
        Tensor dy = gradients.getFirst().orElseThrow();
        int n = w.extent(0);
        int k = w.extent(1);
        int m = (int) (x.shape().size() / k);
        Optional<Tensor> dx = engine.make(wanted.get(0), x.type());
        dx.ifPresent(to -> engine.gemm()
                .multiply(
                        new Gemm.Extents(1, m, k, n),
                        new Gemm.Matrix(at(dy), n, 0),
                        false,
                        new Gemm.Matrix(at(w.cast(DType.F32)), k, 0),
                        Gemm.Right.F32,
                        new Gemm.Matrix(at(to), k, 0),
                        false));
        Optional<Tensor> dw = engine.make(wanted.get(1), w.type().with(DType.F32));
        dw.ifPresent(to -> engine.gemm()
                .multiply(
                        new Gemm.Extents(1, n, k, m),
                        new Gemm.Matrix(at(dy), n, 0),
                        true,
                        new Gemm.Matrix(at(x), k, 0),
                        Gemm.Right.F32,
                        new Gemm.Matrix(at(to), k, 0),
                        false));
        Optional<Tensor> cast = dw.map(gradient -> gradient.cast(w.dtype()));
        if (operands.size() == 2) {
            return List.of(dx, cast);
        }
        Tensor rows = dy.reshape(m, n);
        Optional<Tensor> db = wanted.get(2)
                ? Optional.of(rows.sumTo(Shape.of(n)).cast(operands.get(2).dtype()))
                : Optional.empty();
        return List.of(dx, cast, db);
    }
}
