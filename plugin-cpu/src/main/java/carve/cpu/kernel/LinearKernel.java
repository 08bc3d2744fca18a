package carve.cpu.kernel;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.blas.BlasSelector;
import carve.cpu.config.CpuConfig;
import carve.cpu.gemm.Bf16Gemm;
import carve.cpu.gemm.DotGemm;
import carve.cpu.gemm.Gemm;
import carve.cpu.gemm.SkinnyGemm;
import carve.cpu.simd.Elementwise;
import java.util.List;
import java.util.Optional;

/**
 * {@link Linear} with weights as they are stored, in F32, BF16, F16, Q8_0 or Q4_0: they are widened to F32 in registers or where a
 * part of them is packed, never as a whole.
 *
 * <p>Up to {@link CpuConfig#batchInvariantRows} rows go to {@link SkinnyGemm}, more to {@link Bf16Gemm} where
 * the processor multiplies BF16 and the weights are no wider, else to machine code too where there is some, else to {@link Gemm},
 * which gives large products of F32 to the library that {@link BlasSelector} names. The law: up to {@code exactRows} rows, the bits of a row
 * of the result depend on that row of x, the weights and the machine alone, neither on the rows beside it
 * nor on the number of threads. Beyond, they do not depend on the number of threads, except in the library of others; machine
 * code keeps the law for any number of rows.
 *
 * <p>The gradient with respect to x widens the weights to F32 first; quantised weights have none themselves.
 */
public final class LinearKernel implements Kernel {
    private final KernelContext kernelContext;

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
        return kernelContext.skinnyGemm().name();
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
        DotGemm.LinearWeights linearWeights = new DotGemm.LinearWeights(n, k, addressOf(w), w.dtype(), bias);
        if (m > kernelContext.batchInvariantRows() && kernelContext.bf16Gemm().supports(linearWeights, m)) {
            kernelContext.bf16Gemm().multiply(linearWeights, m, addressOf(x), addressOf(y));
            addBias(bias, addressOf(y), m, n);
        } else if (m <= kernelContext.batchInvariantRows()
                || kernelContext.skinnyGemm().supportsManyRows()) {
            kernelContext.skinnyGemm().multiply(linearWeights, m, addressOf(x), addressOf(y));
        } else {
            multiplyByGemm(linearWeights, m, addressOf(x), addressOf(y));
            addBias(bias, addressOf(y), m, n);
        }
        return List.of(y);
    }

    private void multiplyByGemm(DotGemm.LinearWeights p, int m, long x, long y) {
        kernelContext
                .gemm()
                .multiply(
                        new Gemm.Dimensions(1, m, p.n(), p.k()),
                        new Gemm.Matrix(x, p.k(), 0),
                        false,
                        new Gemm.Matrix(p.address(), p.k(), 0),
                        Gemm.RightLayout.transposed(p.dtype()),
                        new Gemm.Matrix(y, p.n(), 0),
                        false);
    }

    private void addBias(long bias, long y, int m, int n) {
        if (bias == 0) {
            return;
        }
        int rows = Math.max(1, 16 * 1024 / n);
        kernelContext.threads().parallelFor((m + rows - 1) / rows, (task, scratchpad) -> {
            for (int row = task * rows; row < Math.min(m, (task + 1) * rows); row++) {
                Elementwise.accumulate(bias, y + 4L * row * n, n);
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
        Optional<Tensor> dx = kernelContext.allocate(wanted.get(0), x.type());
        dx.ifPresent(to -> kernelContext
                .gemm()
                .multiply(
                        new Gemm.Dimensions(1, m, k, n),
                        new Gemm.Matrix(addressOf(dy), n, 0),
                        false,
                        new Gemm.Matrix(addressOf(w.cast(DType.F32)), k, 0),
                        Gemm.RightLayout.F32,
                        new Gemm.Matrix(addressOf(to), k, 0),
                        false));
        Optional<Tensor> dw = kernelContext.allocate(wanted.get(1), w.type().with(DType.F32));
        dw.ifPresent(to -> kernelContext
                .gemm()
                .multiply(
                        new Gemm.Dimensions(1, n, k, m),
                        new Gemm.Matrix(addressOf(dy), n, 0),
                        true,
                        new Gemm.Matrix(addressOf(x), k, 0),
                        Gemm.RightLayout.F32,
                        new Gemm.Matrix(addressOf(to), k, 0),
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
