package carve.cpu;

import static carve.cpu.Engine.at;

import carve.api.device.Kernel;
import carve.api.op.KlDivergence;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/** {@link KlDivergence}; keeps the logarithms of the sums of exponentials of both, (M, 2). */
final class DivergenceKernel implements Kernel {
    private static final int GRAIN = 4 * 1024;

    private final Engine engine;
    private final float scale;

    DivergenceKernel(Engine engine, KlDivergence op) {
        this.engine = engine;
        this.scale = (float) (1 / op.temperature());
    }

    @Override
    public String name() {
        return "vector-kl-divergence";
    }

    @Override
    public boolean differentiable() {
        return true;
    }

    @Override
    public List<Tensor> forward(List<Tensor> operands) {
        int rows = operands.get(0).extent(0);
        int n = operands.get(0).extent(1);
        Tensor result = engine.make(TensorType.f32(rows));
        Tensor sums = engine.make(TensorType.f32(rows, 2));
        long student = at(operands.get(0));
        long teacher = at(operands.get(1));
        long to = at(result);
        long kept = at(sums);
        int perTask = Math.max(1, GRAIN / n);
        engine.workers().run((rows + perTask - 1) / perTask, (task, scratch) -> {
            for (int row = task * perTask; row < Math.min(rows, (task + 1) * perTask); row++) {
                long at = 4L * row * n;
                float q = (float) Losses.logSumExp(student + at, n, scale);
                float p = (float) Losses.logSumExp(teacher + at, n, scale);
                Memory.set(kept + 8L * row, q);
                Memory.set(kept + 8L * row + 4, p);
                Memory.set(to + 4L * row, Losses.divergence(student + at, teacher + at, n, scale, q, p));
            }
        });
        return List.of(result, sums);
    }

    @Override
    public List<Optional<Tensor>> backward(
            List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
        int rows = operands.get(0).extent(0);
        int n = operands.get(0).extent(1);
        Optional<Tensor> dStudent = engine.make(wanted.get(0), operands.get(0).type());
        Optional<Tensor> dTeacher = engine.make(wanted.get(1), operands.get(1).type());
        long student = at(operands.get(0));
        long teacher = at(operands.get(1));
        long result = at(results.get(0));
        long kept = at(results.get(1));
        long dy = at(gradients.getFirst().orElseThrow());
        long toStudent = dStudent.map(Engine::at).orElse(0L);
        long toTeacher = dTeacher.map(Engine::at).orElse(0L);
        int perTask = Math.max(1, GRAIN / n);
        engine.workers().run((rows + perTask - 1) / perTask, (task, scratch) -> {
            for (int row = task * perTask; row < Math.min(rows, (task + 1) * perTask); row++) {
                long at = 4L * row * n;
                float q = Memory.get(kept + 8L * row);
                float p = Memory.get(kept + 8L * row + 4);
                float factor = Memory.get(dy + 4L * row) * scale;
                if (toStudent != 0) {
                    Losses.studentSlope(student + at, teacher + at, n, scale, q, p, factor, toStudent + at);
                }
                if (toTeacher != 0) {
                    Losses.teacherSlope(
                            student + at,
                            teacher + at,
                            n,
                            scale,
                            q,
                            p,
                            Memory.get(result + 4L * row),
                            factor,
                            toTeacher + at);
                }
            }
        });
        return List.of(dStudent, dTeacher);
    }
}
