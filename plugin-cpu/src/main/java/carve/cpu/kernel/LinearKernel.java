package carve.cpu.kernel;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.gemm.Gemm;
import carve.cpu.gemm.GemmProblem;
import carve.cpu.gemm.LinearWeights;
import carve.cpu.gemm.Matrix;
import carve.cpu.gemm.RightLayout;
import java.util.List;
import java.util.Optional;

/**
 * {@link Linear} with weights as they are stored, in F32, BF16, F16 or quantised: they are converted in registers or block by
 * block, never as a whole. The table of {@link Gemm} chooses the implementation, and states its numerical laws.
 *
 * <p>The gradient with respect to x converts the weights to F32 first; quantised weights have no gradient themselves.
 */
public final class LinearKernel implements Kernel {
    private final KernelContext kernelContext;

    /** Makes the kernel. */
    public LinearKernel(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    /** Returns whether there is a kernel for these operands. */
    public static boolean supports(List<TensorType> operands) {
        DType weight = operands.get(1).dtype();
        return operands.get(0).shape().size() > 0
                && operands.get(1).shape().size() > 0
                && weight.isFloating()
                && weight != DType.F64
                && (operands.size() == 2 || operands.get(2).dtype().isFloating());
    }

    @Override
    public String name() {
        return kernelContext.linearName();
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
        Tensor y = kernelContext.allocate(x.type().with(x.shape().with(-1, n)));
        long bias = operands.size() == 3 ? addressOf(operands.get(2).cast(DType.F32)) : 0;
        LinearWeights weights = new LinearWeights(n, k, addressOf(w), w.dtype(), bias);
        kernelContext.gemm().multiply(GemmProblem.linear(weights, m, addressOf(x), addressOf(y)));
        return List.of(y);
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
        Optional<Tensor> dx = kernelContext.allocate(wanted.get(0), x.type());
        dx.ifPresent(to -> multiply(m, k, n, new Matrix(addressOf(dy), n, 0), false, w.cast(DType.F32), to));
        Optional<Tensor> dw = kernelContext.allocate(wanted.get(1), w.type().with(DType.F32));
        dw.ifPresent(to -> multiply(n, k, m, new Matrix(addressOf(dy), n, 0), true, x, to));
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

    /** Writes {@code C (M, N) = op(A) B (K, N)}. */
    private void multiply(int m, int n, int k, Matrix a, boolean transposeA, Tensor b, Tensor c) {
        Matrix right = new Matrix(addressOf(b), n, 0);
        Matrix result = new Matrix(addressOf(c), n, 0);
        kernelContext.gemm().multiply(GemmProblem.matmul(1, m, n, k, a, transposeA, right, RightLayout.F32, result));
    }
}
