package {{package}};

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.device.ReferenceDevice;
import carve.api.op.SwiGlu;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.DeviceContext;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * A device to begin with: it computes every primitive as the reference device does, and one fused op by a kernel of its own.
 *
 * <p>Replace {@link #execute} first, primitive by primitive: a switch over {@link Op}, whose last case asks the reference. Then
 * add kernels for the fused ops that take the time; {@code --debug} says which ones run and which do not. Memory of your own
 * comes last: allocate, upload, download and store, and with them the reference has served.
 */
final class {{class}} implements Device {
    private final ReferenceDevice reference = new ReferenceDevice();

    @Override
    public String name() {
        return "{{name}}";
    }

    @Override
    public DeviceContext context() {
        return reference.context();
    }

    @Override
    public boolean stores(DType dtype) {
        return reference.stores(dtype);
    }

    @Override
    public Buffer allocate(TensorType type) {
        return reference.allocate(type);
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        return reference.execute(op, operands, result);
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        boolean floats = operands.stream().allMatch(type -> type.dtype() == DType.F32);
        return op instanceof SwiGlu && floats ? Optional.of(new SwiGluKernel()) : Optional.empty();
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        return reference.upload(type, values);
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        reference.download(tensor, to);
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        reference.store(source, target, axis, start);
    }

    @Override
    public void close() {
        reference.close();
    }
}
