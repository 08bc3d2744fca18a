package carve.cpu.kernel;

import carve.api.device.Kernel;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A kernel for F32 on operands some of which, small ones, are stored in fewer bits: they are widened first. */
public final class UpcastKernel implements Kernel {
    private final Kernel kernel;

    public UpcastKernel(Kernel kernel) {
        this.kernel = kernel;
    }

    @Override
    public String name() {
        return kernel.name();
    }

    @Override
    public boolean differentiable() {
        return kernel.differentiable();
    }

    private static List<Tensor> upcast(List<Tensor> operands) {
        return operands.stream().map(x -> x.cast(DType.F32)).toList();
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return kernel.forward(upcast(operands));
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        List<Optional<Tensor>> wide = kernel.backward(upcast(operands), results, gradients, wanted);
        List<Optional<Tensor>> narrow = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            DType dtype = operands.get(i).dtype();
            narrow.add(wide.get(i).map(gradient -> gradient.cast(dtype)));
        }
        return narrow;
    }
}
