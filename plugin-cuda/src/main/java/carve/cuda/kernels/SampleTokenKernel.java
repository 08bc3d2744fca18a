package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.SampleToken;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;

/** {@link SampleToken}; see {@code sample.cu}. */
final class SampleTokenKernel implements Kernel {
    private final KernelContext kernelContext;
    private final SampleToken op;

    SampleTokenKernel(KernelContext kernelContext, SampleToken op) {
        this.kernelContext = kernelContext;
        this.op = op;
    }

    @Override
    public String name() {
        return "radix-sample";
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor logits = operands.getFirst();
        int rows = logits.extent(0);
        int columns = logits.extent(1);
        Tensor tokens = intTensor(rows);
        Tensor checked = intTensor(rows);
        int[] excluded = op.excluded().stream().mapToInt(Integer::intValue).toArray();
        var sample = new KernelLaunch.StructArgument(
                logits,
                excluded.length == 0 ? Long.valueOf(0) : kernelContext.intTensor(excluded),
                kernelContext.intTensor(draws()),
                intTensor(rows, columns),
                intTensor(rows, 2 * columns),
                tokens,
                checked,
                Double.doubleToRawLongBits(op.temperature()),
                Double.doubleToRawLongBits(op.topP()),
                op.topK(),
                excluded.length,
                columns,
                0);
        kernelContext.gpuStream().launch("sample", "sample", KernelLaunch.Grid.of(rows), sample);
        return List.of(tokens, checked);
    }

    private Tensor intTensor(int... extents) {
        return kernelContext.allocate(new TensorType(DType.I32, Shape.of(extents)));
    }

    // two numbers for each double, the lower half first
    private int[] draws() {
        int[] halves = new int[2 * op.uniforms().size()];
        for (int i = 0; i < op.uniforms().size(); i++) {
            long bits = Double.doubleToRawLongBits(op.uniforms().get(i));
            halves[2 * i] = (int) bits;
            halves[2 * i + 1] = (int) (bits >>> 32);
        }
        return halves;
    }
}
