package carve.api.device.kit;

import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * A kernel in a scope of its own, which releases the temporary tensors that the kernel made.
 *
 * @param device that holds the operands
 * @param kernel that makes temporary tensors
 */
public record ScopedKernel(Device device, Kernel kernel) implements Kernel {
    @Override
    public String name() {
        return kernel.name();
    }

    @Override
    public boolean differentiable() {
        return kernel.differentiable();
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return Scope.run(device, () -> kernel.forward(operands));
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        return Scope.run(device, () -> kernel.forwardAndSave(operands));
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        return Scope.run(device, () -> kernel.backward(operands, results, gradients, wanted));
    }
}
