package carve.bench;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;

/**
 * A fused op that goes causally along a sequence, forward and backward. Results are checked in what is measured itself: the
 * first positions do not depend on later ones, so the reference device computes those alone; gradients likewise, where only
 * they are weighted.
 *
 * @param name what people call it
 * @param shape in words
 * @param operands what it is given
 * @param op the op for so many positions; its first result is {@code (B, T, ...)}
 * @param positions T
 * @param forward what must be done for the results
 * @param backward what must be done for the gradients of all operands
 */
record SequenceOpBenchmark(
        String name,
        String shape,
        List<Operand> operands,
        IntFunction<FusedOp> op,
        int positions,
        Work forward,
        Work backward)
        implements Benchmark {
    private static final int CHECKED = 200;
    private static final double RATIO = 1e-5;

    /** Results and gradients of the first positions. */
    private record Values(float[] results, List<float[]> gradients) {}

    /** An op on a tape: its first result, and the operands as the tape sees them. */
    private record Recorded(Tape tape, Tensor result, List<Tensor> watched) {}

    @Override
    public List<BenchmarkResult> measure(BenchmarkContext benchmarkContext) {
        try (Device device = benchmarkContext.openDevice()) {
            List<Tensor> tensors =
                    operands.stream().map(operand -> operand.on(device)).toList();
            Values expected = expected(tensors);
            Values actual = Scope.run(device, () -> values(recorded(tensors, positions), checked()));
            String ran = BenchmarkContext.kernelOf(device, op.apply(positions).name());
            return List.of(
                    forward(benchmarkContext, device, tensors, expected, actual, ran),
                    backward(benchmarkContext, device, tensors, expected, actual, ran));
        }
    }

    private BenchmarkResult forward(
            BenchmarkContext benchmarkContext,
            Device device,
            List<Tensor> tensors,
            Values expected,
            Values actual,
            String ran) {
        CorrectnessGate correctnessGate = CorrectnessGate.compare(
                "first %d positions against the reference device".formatted(checked()),
                expected.results(),
                actual.results(),
                RATIO);
        FusedOp whole = op.apply(positions);
        Optional<Timing> timing = correctnessGate.passed()
                ? Optional.of(Timing.of(
                        benchmarkContext.repetitions(),
                        () -> Scope.run(device, () -> {
                            Tensors.apply(whole, tensors);
                        })))
                : Optional.empty();
        return new BenchmarkResult(name + " forward", shape, ran, forward, correctnessGate, timing, "");
    }

    private BenchmarkResult backward(
            BenchmarkContext benchmarkContext,
            Device device,
            List<Tensor> tensors,
            Values expected,
            Values actual,
            String ran) {
        List<CorrectnessGate> gates = new ArrayList<>();
        for (int i = 0; i < operands.size(); i++) {
            gates.add(CorrectnessGate.compare(
                    "%d gradients against the reference device, the worst of %s"
                            .formatted(operands.size(), operands.get(i).name()),
                    expected.gradients().get(i),
                    actual.gradients().get(i),
                    RATIO));
        }
        CorrectnessGate correctnessGate = CorrectnessGate.worst(gates);
        Optional<Timing> timing = correctnessGate.passed()
                ? Optional.of(Scope.run(device, () -> backwardTiming(benchmarkContext, tensors))
                        .get(0))
                : Optional.empty();
        return new BenchmarkResult(name + " backward", shape, ran, backward, correctnessGate, timing, "");
    }

    private List<Timing> backwardTiming(BenchmarkContext benchmarkContext, List<Tensor> tensors) {
        Recorded recorded = recorded(tensors, positions);
        Device device = recorded.result().device();
        Tensor weights = weights(device, recorded.result().shape());
        return List.of(Timing.of(
                benchmarkContext.repetitions(),
                () -> Scope.run(device, () -> {
                    recorded.tape().gradients(List.of(recorded.result()), List.of(weights), recorded.watched());
                })));
    }

    private int checked() {
        return Math.min(CHECKED, positions);
    }

    private Values expected(List<Tensor> tensors) {
        try (Device reference = new ReferenceDevice()) {
            List<Tensor> parts = new ArrayList<>();
            for (int i = 0; i < tensors.size(); i++) {
                Tensor part = operands.get(i).first(tensors.get(i), checked());
                parts.add(Tensors.of(reference, part.shape(), part.floats()));
            }
            return values(recorded(parts, checked()), checked());
        }
    }

    private Recorded recorded(List<Tensor> tensors, int length) {
        Tape tape = new Tape();
        List<Tensor> watched = tensors.stream().map(tape::watch).toList();
        return new Recorded(tape, Tensors.apply(op.apply(length), watched).getFirst(), watched);
    }

    private Values values(Recorded recorded, int length) {
        Tensor result = recorded.result();
        Device device = result.device();
        Shape part = result.shape().with(1, length);
        Tensor weights = weights(device, part).pad(1, 0, result.extent(1) - length);
        List<Tensor> gradients = recorded.tape().gradients(List.of(result), List.of(weights), recorded.watched());
        List<float[]> parts = new ArrayList<>();
        for (int i = 0; i < gradients.size(); i++) {
            parts.add(operands.get(i).first(gradients.get(i), length).floats());
        }
        return new Values(result.detach().slice(1, 0, length).floats(), parts);
    }

    private static Tensor weights(Device device, Shape shape) {
        return RandomTensors.uniform(device, "weights of results", -1, 1, shape.extents());
    }
}
