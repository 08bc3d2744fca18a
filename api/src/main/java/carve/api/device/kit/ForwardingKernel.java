package carve.api.device.kit;

import carve.api.device.Kernel;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/**
 * A kernel of the inner device on tensors of a {@link ForwardingDevice}.
 *
 * @param device the outer device
 * @param kernel of the inner device
 */
record ForwardingKernel(ForwardingDevice device, Kernel kernel) implements Kernel {
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
        return fromInner(kernel.forward(device.toInner(operands)));
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        return fromInner(kernel.forwardAndSave(device.toInner(operands)));
    }

    private List<Tensor> fromInner(List<Tensor> results) {
        return results.stream().map(device::fromInner).toList();
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        List<Optional<Tensor>> inner = gradients.stream()
                .map(gradient -> gradient.map(device::toInner))
                .toList();
        return kernel.backward(device.toInner(operands), device.toInner(results), inner, wanted).stream()
                .map(gradient -> gradient.map(device::fromInner))
                .toList();
    }
}
