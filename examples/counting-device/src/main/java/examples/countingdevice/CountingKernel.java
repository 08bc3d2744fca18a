package examples.countingdevice;

import carve.api.device.Kernel;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** A kernel of the device within, between tensors of the counting one. */
record CountingKernel(CountingDevice device, FusedOp op, Kernel kernel) implements Kernel {
    @Override
    public String name() {
        return kernel.name();
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        device.counts().add(op.name());
        return kernel.forward(device.toInner(operands)).stream()
                .map(device::fromInner)
                .toList();
    }

    @Override
    public boolean differentiable() {
        return kernel.differentiable();
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        device.counts().add(op.name() + " backward");
        List<Optional<Tensor>> given =
                gradients.stream().map(g -> g.map(device::toInner)).toList();
        return kernel.backward(device.toInner(operands), device.toInner(results), given, wanted).stream()
                .map(g -> g.map(device::fromInner))
                .toList();
    }
}
