package carve.cuda.kernels;

import carve.api.device.Kernel;
import carve.api.op.KlDivergence;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.cuda.gpu.KernelLaunch;
import java.util.List;
import java.util.Optional;

/** {@link KlDivergence}; keeps the logarithms of each row's sums of exponentials. */
final class KlDivergenceKernel implements Kernel {
    private final KernelContext kernelContext;
    private final float scale;

    KlDivergenceKernel(KernelContext kernelContext, KlDivergence op) {
        this.kernelContext = kernelContext;
        this.scale = (float) (1 / op.temperature());
    }

    @Override
    public String name() {
        return "kl-divergence-rows";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        return forwardAndSave(operands).subList(0, 1);
    }

    @Override
    public List<Tensor> forwardAndSave(List<Tensor> operands) {
        Tensor student = operands.get(0);
        Tensor loss = kernelContext.allocate(TensorType.f32(student.extent(0)));
        Tensor sums = kernelContext.allocate(TensorType.f32(student.extent(0), 2));
        kernelContext
                .gpuStream()
                .launch(
                        "losses",
                        "kl_forward",
                        KernelLaunch.Grid.of(student.extent(0)),
                        student,
                        operands.get(1),
                        loss,
                        sums,
                        student.extent(1),
                        scale);
        return List.of(loss, sums);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        Tensor student = operands.get(0);
        Tensor d = kernelContext.allocate(student.type());
        Tensor dTeacher = kernelContext.allocate(student.type());
        kernelContext
                .gpuStream()
                .launch(
                        "losses",
                        "kl_backward",
                        KernelLaunch.Grid.of(student.extent(0)),
                        student,
                        operands.get(1),
                        results.get(0),
                        results.get(1),
                        gradients.getFirst().orElseThrow(),
                        d,
                        dTeacher,
                        student.extent(1),
                        scale);
        return List.of(Optional.of(d), Optional.of(dTeacher));
    }
}
