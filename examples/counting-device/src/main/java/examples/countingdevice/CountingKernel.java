package examples.countingdevice;

import carve.api.device.Kernel;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Optional;

/** A kernel whose runs, forward and backward, are counted. */
record CountingKernel(OperationCounts counts, FusedOp op, Kernel kernel) implements Kernel {
    @Override
    public String name() {
        return kernel.name();
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        counts.add(op.name());
        return kernel.forward(operands);
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        counts.add(op.name());
        return kernel.forwardAndSave(operands);
    }

    @Override
    public boolean differentiable() {
        return kernel.differentiable();
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        counts.add(op.name() + " backward");
        return kernel.backward(operands, results, gradients, wanted);
    }
}
