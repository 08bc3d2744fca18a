package {{package}};

import carve.api.device.Kernel;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;

/** {@code silu(a) * b} in one loop. It has no backward, so the gradient is that of the op's reference. */
final class SwiGluKernel implements Kernel {
    @Override
    public String name() {
        return "loop";
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        Tensor like = operands.getFirst();
        float[] a = operands.get(0).floats();
        float[] b = operands.get(1).floats();
        float[] y = new float[a.length];
        for (int i = 0; i < y.length; i++) {
            y[i] = (float) (a[i] / (1 + Math.exp(-a[i])) * b[i]);
        }
        return List.of(Tensors.of(like.device(), like.shape(), y));
    }
}
