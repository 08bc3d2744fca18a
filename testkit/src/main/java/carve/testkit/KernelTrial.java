package carve.testkit;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A fused op of a plugin with operands, for {@link KernelContract#trials}.
 *
 * @param name of the trial, without that of the op, such as {@code packed}
 * @param op the fused op
 * @param operands makes its operands on a device, the same each time; {@link Randoms} does. Those of floating-point types
 *     have gradients
 * @param ratio by which results and gradients may differ from the definition, see {@link Tolerance}
 */
public record KernelTrial(String name, FusedOp op, Function<Device, List<Tensor>> operands, double ratio) {
    /** Returns it as a case, with the values that the operands have. */
    FusedCase fusedCase() {
        try (Device device = new ReferenceDevice()) {
            List<FusedCase.Operand> all = new ArrayList<>();
            for (Tensor tensor : operands.apply(device)) {
                all.add(new FusedCase.Operand(
                        "operand " + all.size(),
                        tensor.type(),
                        Values.of(tensor),
                        tensor.dtype().isFloating()));
            }
            return new FusedCase(name, op, all, ratio);
        }
    }
}
