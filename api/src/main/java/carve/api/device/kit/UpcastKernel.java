package carve.api.device.kit;

import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * A kernel for F32 on operands some of which, the weights, are stored in another floating-point type: they are cast to F32
 * first, and their gradients back.
 *
 * @param device that holds the operands
 * @param kernel for F32
 */
public record UpcastKernel(Device device, Kernel kernel) implements Kernel {
    @Override
    public String name() {
        return kernel.name();
    }

    @Override
    public boolean differentiable() {
        return kernel.differentiable();
    }

    private static List<Tensor> upcast(List<Tensor> operands) {
        Tensor[] cast = new Tensor[operands.size()];
        for (int i = 0; i < cast.length; i++) {
            Tensor x = operands.get(i);
            boolean casts = x.dtype() != DType.F32 && x.dtype().isFloating();
            cast[i] = casts ? x.cast(DType.F32) : x;
        }
        return List.of(cast);
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return Scope.run(device, () -> kernel.forward(upcast(operands)));
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        return Scope.run(device, () -> kernel.forwardAndSave(upcast(operands)));
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        return Scope.run(
                device,
                () -> OperandTypes.castGradients(
                        operands, kernel.backward(upcast(operands), results, gradients, wanted)));
    }
}
