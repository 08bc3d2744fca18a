package carve.cpu.experts;

import static carve.cpu.kernel.KernelContext.addressOf;

import carve.api.device.Kernel;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cpu.gemm.GemmProblem;
import carve.cpu.gemm.LinearWeights;
import carve.cpu.gemm.Matrix;
import carve.cpu.gemm.RightLayout;
import carve.cpu.kernel.KernelContext;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Casts;
import carve.cpu.simd.Elementwise;
import java.util.List;
import java.util.Optional;

/**
 * {@link carve.api.op.GroupedLinear}, with weights as they are stored: one product of matrices for each expert that is chosen, of
 * its rows, which lie side by side for that. The bits of a row do not depend on the other rows where those of {@link
 * carve.cpu.kernel.LinearKernel} do not.
 */
public final class GroupedLinearKernel implements Kernel {
    private static final int ROW_BYTES = 64 * 1024;

    private final KernelContext kernelContext;

    /** Makes the kernel. */
    public GroupedLinearKernel(KernelContext kernelContext) {
        this.kernelContext = kernelContext;
    }

    /** Returns whether there is a kernel for these operands. */
    public static boolean supports(List<TensorType> operands) {
        DType weight = operands.get(2).dtype();
        return operands.stream().allMatch(operand -> operand.shape().size() > 0)
                && weight.isFloating()
                && weight != DType.F64
                && (operands.size() == 3 || operands.get(3).dtype().isFloating());
    }

    @Override
    public String name() {
        return "grouped-" + kernelContext.linearName();
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    /** The extents of one call, and its products by expert. */
    private record Problem(int choices, int outputs, int inputs, ExpertGroups groups) {
        static Problem of(List<Tensor> operands) {
            Tensor experts = operands.get(1);
            Tensor weight = operands.get(2);
            int products = Math.toIntExact(experts.shape().size());
            return new Problem(
                    experts.extent(1),
                    weight.extent(1),
                    weight.extent(2),
                    ExpertGroups.of(addressOf(experts), products, weight.extent(0)));
        }

        long weights() {
            return (long) outputs * inputs;
        }
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Problem p = Problem.of(operands);
        Tensor weight = operands.get(2);
        Tensor y = kernelContext.allocate(TensorType.f32(operands.get(0).extent(0), p.choices, p.outputs));
        long bias = operands.size() == 4 ? addressOf(operands.get(3).cast(DType.F32)) : 0;
        long expertBytes = weight.dtype().bytes(p.weights());
        for (int e = 0; e < p.groups.experts(); e++) {
            if (p.groups.size(e) > 0) {
                LinearWeights weights = new LinearWeights(
                        p.outputs,
                        p.inputs,
                        addressOf(weight) + e * expertBytes,
                        weight.dtype(),
                        bias == 0 ? 0 : bias + 4L * e * p.outputs);
                multiply(p, e, weights, addressOf(operands.get(0)), addressOf(y));
            }
        }
        return List.of(y);
    }

    private void multiply(Problem p, int expert, LinearWeights weights, long x, long y) {
        int m = p.groups.size(expert);
        if (m == 1) {
            int product = p.groups.product(expert, 0);
            long from = x + 4L * (product / p.choices) * p.inputs;
            kernelContext.gemm().multiply(GemmProblem.linear(weights, 1, from, y + 4L * product * p.outputs));
            return;
        }
        try (var _ = kernelContext.threads().scratch().frame()) {
            long rows = gatherRows(p, expert, x, p.choices, p.inputs);
            long results = kernelContext.threads().scratch().nativeBuffer(4L * m * p.outputs);
            kernelContext.gemm().multiply(GemmProblem.linear(weights, m, rows, results));
            scatterRows(p, expert, results, y, p.outputs);
        }
    }

    /** Returns the address of scratch memory with the rows of an expert; a row serves so many products that follow each other. */
    private long gatherRows(Problem p, int expert, long from, int productsPerRow, int width) {
        long rows = kernelContext.threads().scratch().nativeBuffer(4L * p.groups.size(expert) * width);
        eachRow(p, expert, width, (i, product) -> {
            long row = from + 4L * (product / productsPerRow) * width;
            NativeMemory.copy(row, rows + 4L * i * width, 4L * width);
        });
        return rows;
    }

    private void scatterRows(Problem p, int expert, long rows, long to, int width) {
        eachRow(
                p,
                expert,
                width,
                (i, product) -> NativeMemory.copy(rows + 4L * i * width, to + 4L * product * width, 4L * width));
    }

    /** Takes the i-th product of an expert. */
    @FunctionalInterface
    private interface RowBody {
        void run(int i, int product);
    }

    private void eachRow(Problem p, int expert, int width, RowBody body) {
        int count = p.groups.size(expert);
        int each = Math.max(1, ROW_BYTES / 4 / width);
        int tasks = (count + each - 1) / each;
        kernelContext.threads().parallelFor(tasks, (task, scratchpad) -> {
            for (int i = task * each; i < Math.min(count, (task + 1) * each); i++) {
                body.run(i, p.groups.product(expert, i));
            }
        });
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Problem p = Problem.of(operands);
        Tensor dy = gradients.getFirst().orElseThrow();
        Optional<Tensor> dx = wanted.get(0) ? Optional.of(inputGradient(p, operands, dy)) : Optional.empty();
        Optional<Tensor> dw = wanted.get(2) ? Optional.of(weightGradient(p, operands, dy)) : Optional.empty();
        if (operands.size() == 3) {
            return List.of(dx, Optional.empty(), dw);
        }
        Optional<Tensor> db = wanted.get(3) ? Optional.of(biasGradient(p, operands.get(3), dy)) : Optional.empty();
        return List.of(dx, Optional.empty(), dw, db);
    }

    // of each product for itself, then the sum over those of a row: the same bits with any number of threads
    private Tensor inputGradient(Problem p, List<Tensor> operands, Tensor dy) {
        Tensor x = operands.get(0);
        Tensor weight = operands.get(2);
        Tensor parts = kernelContext.allocate(TensorType.f32(x.extent(0), p.choices, p.inputs));
        for (int e = 0; e < p.groups.experts(); e++) {
            int m = p.groups.size(e);
            if (m == 0) {
                continue;
            }
            try (var _ = kernelContext.threads().scratch().frame()) {
                long rows = gatherRows(p, e, addressOf(dy), 1, p.outputs);
                long results = kernelContext.threads().scratch().nativeBuffer(4L * m * p.inputs);
                multiply(m, p.inputs, p.outputs, rows, false, weightsInF32(p, weight, e), results);
                scatterRows(p, e, results, addressOf(parts), p.inputs);
            }
        }
        return p.choices == 1 ? parts.reshape(x.shape()) : parts.sum(1).reshape(x.shape());
    }

    private long weightsInF32(Problem p, Tensor weight, int expert) {
        long from = addressOf(weight) + expert * weight.dtype().bytes(p.weights());
        if (weight.dtype() == DType.F32) {
            return from;
        }
        long to = kernelContext.threads().scratch().nativeBuffer(4L * p.weights());
        Casts.cast(kernelContext.threads(), weight.dtype(), from, DType.F32, to, p.weights());
        return to;
    }

    private Tensor weightGradient(Problem p, List<Tensor> operands, Tensor dy) {
        Tensor weight = operands.get(2);
        Tensor gradient = zeros(weight.shape());
        for (int e = 0; e < p.groups.experts(); e++) {
            int m = p.groups.size(e);
            if (m == 0) {
                continue;
            }
            try (var _ = kernelContext.threads().scratch().frame()) {
                long dyRows = gatherRows(p, e, addressOf(dy), 1, p.outputs);
                long xRows = gatherRows(p, e, addressOf(operands.get(0)), p.choices, p.inputs);
                multiply(p.outputs, p.inputs, m, dyRows, true, xRows, addressOf(gradient) + 4L * e * p.weights());
            }
        }
        return gradient.cast(weight.dtype());
    }

    private Tensor biasGradient(Problem p, Tensor bias, Tensor dy) {
        Tensor gradient = zeros(bias.shape());
        for (int e = 0; e < p.groups.experts(); e++) {
            for (int i = 0; i < p.groups.size(e); i++) {
                long row = addressOf(dy) + 4L * p.groups.product(e, i) * p.outputs;
                Elementwise.accumulate(row, addressOf(gradient) + 4L * e * p.outputs, p.outputs);
            }
        }
        return gradient.cast(bias.dtype());
    }

    private Tensor zeros(Shape shape) {
        return kernelContext.gradientOrZeros(Optional.empty(), new TensorType(DType.F32, shape));
    }

    /** Writes {@code C (M, N) = op(A) B (K, N)}, all dense. */
    private void multiply(int m, int n, int k, long a, boolean transposeA, long b, long c) {
        Matrix left = new Matrix(a, transposeA ? m : k, 0);
        kernelContext
                .gemm()
                .multiply(GemmProblem.matmul(
                        1, m, n, k, left, transposeA, new Matrix(b, n, 0), RightLayout.F32, new Matrix(c, n, 0)));
    }
}
