package carve.testkit;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A fused op of a plugin with operands, for {@link KernelContract#kernelCases}.
 *
 * @param name of the trial, without that of the op, such as {@code packed}
 * @param op the fused op
 * @param operands the factory of its operands on a device, the same each time, such as {@link RandomTensors}. Those of
 *     floating-point types have gradients
 * @param ratio by which results and gradients may differ from the definition, see {@link Tolerance}
 */
public record KernelCase(String name, FusedOp op, Function<Device, List<Tensor>> operands, double ratio) {
    /** Returns it as a case, with the values that the operands have. */
    FusedOpCase toFusedOpCase() {
        try (Device device = new ReferenceDevice()) {
            List<FusedOpCase.Operand> all = new ArrayList<>();
            for (Tensor tensor : operands.apply(device)) {
                all.add(new FusedOpCase.Operand(
                        "operand " + all.size(),
                        tensor.type(),
                        TensorValues.of(tensor),
                        tensor.dtype().isFloating()));
            }
            return new FusedOpCase(name, op, all, ratio);
        }
    }
}
