package carve.cuda;

import carve.api.device.Kernel;
import carve.api.op.KlDivergence;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** {@link KlDivergence}; keeps the logarithms of each row's sums of exponentials. */
final class DivergenceKernel implements Kernel {
    private final Engine engine;
    private final float scale;

    DivergenceKernel(Engine engine, KlDivergence op) {
        this.engine = engine;
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
        Tensor student = operands.get(0);
        Tensor loss = engine.make(TensorType.f32(student.extent(0)));
        Tensor sums = engine.make(TensorType.f32(student.extent(0), 2));
        engine.stream()
                .run(
                        "losses",
                        "kl_forward",
                        Launch.Grid.of(student.extent(0)),
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
        Tensor d = engine.make(student.type());
        Tensor dTeacher = engine.make(student.type());
        engine.stream()
                .run(
                        "losses",
                        "kl_backward",
                        Launch.Grid.of(student.extent(0)),
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
