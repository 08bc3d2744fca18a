package carve.bench;

import carve.api.device.Device;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Scope;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.api.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;

/**
 * A fused op on operands, to be timed forward or backward.
 *
 * @param name what the table says
 * @param op the op
 * @param operands its operands
 * @param work floating-point operations, or bytes read, of one forward run
 * @param inBytes whether {@code work} is bytes: the limit is then the memory
 */
record Measurement(String name, FusedOp op, List<Tensor> operands, double work, boolean inBytes) {
    private static final double RATIO = 1e-4;

    /** Checks that results agree with the definition, which the device's primitives compute. */
    void verify(Device device) {
        Scope.run(device, () -> {
            List<Tensor> actual = Tensors.apply(op, operands);
            device.workspace().kernels(Workspace.Kernels.OFF);
            List<Tensor> expected = Tensors.apply(op, operands);
            device.workspace().kernels(Workspace.Kernels.PREFERRED);
            for (int i = 0; i < expected.size(); i++) {
                close(expected.get(i).floats(), actual.get(i).floats());
            }
        });
    }

    private void close(float[] expected, float[] actual) {
        double error = 0;
        double size = 0;
        for (int i = 0; i < expected.length; i++) {
            error += Math.pow((double) actual[i] - expected[i], 2);
            size += (double) expected[i] * expected[i];
        }
        if (!(Math.sqrt(error) <= RATIO * Math.sqrt(size) + 1e-7)) {
            throw new IllegalStateException(
                    "%s: differs from its definition by %.2e of it, at most %.0e is allowed: no "
                                    .formatted(name, Math.sqrt(error / size), RATIO)
                            + "speed of it is reported");
        }
    }

    /** Returns the times of the op alone. */
    Sample forward(Device device) {
        return Sample.of(() -> Scope.run(device, () -> {
            Tensors.apply(op, operands);
        }));
    }

    /** Returns the times of the op and all its gradients. */
    Sample both(Device device) {
        return Sample.of(() -> Scope.run(device, () -> {
            Tape tape = new Tape();
            List<Tensor> watched = new ArrayList<>();
            operands.forEach(x -> watched.add(tape.watch(x)));
            Tensor y = Tensors.apply(op, watched).getFirst();
            tape.gradients(List.of(y), List.of(y.detach()), watched);
        }));
    }
}
