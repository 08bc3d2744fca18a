package {{package}};

import carve.api.device.Buffer;
import carve.api.device.Kernel;
import carve.api.device.ReferenceDevice;
import carve.api.device.kit.ForwardingDevice;
import carve.api.op.SwiGlu;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * A device to start from: primitives are computed by the reference device, and one fused op by a kernel of its own.
 *
 * <p>Replace {@link #execute} first, primitive by primitive: a switch over {@link Op}, whose default case asks {@code super}.
 * Then add kernels for the fused ops that take the time; {@code --debug} says which ones run and which do not. Memory of your
 * own comes last: allocate, upload, download and store. The parts in {@code carve.api.device.kit} then take the place of the
 * superclass.
 */
final class {{class}} extends ForwardingDevice {
    {{class}}() {
        super("{{name}}", new ReferenceDevice());
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        return super.execute(op, operands, result);
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        boolean floats = operands.stream().allMatch(type -> type.dtype() == DType.F32);
        return op instanceof SwiGlu && floats ? Optional.of(new SwiGluKernel()) : Optional.empty();
    }
}
