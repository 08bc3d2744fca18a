package examples.countingdevice;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.tensor.DType;
import carve.api.tensor.DeviceContext;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A device that has another do the work, and counts it. Tensors are on this device, their memory is the other's; so are the
 * scopes that memory lives in.
 */
final class CountingDevice implements Device {
    private final Device inner;
    private final Optional<Path> report;
    private final OperationCounts operationCounts = new OperationCounts();
    private boolean closed;

    CountingDevice(Device inner, Optional<Path> report) {
        this.inner = inner;
        this.report = report;
    }

    /** Returns what was counted. */
    OperationCounts counts() {
        return operationCounts;
    }

    @Override
    public String name() {
        return "counting";
    }

    @Override
    public DeviceContext context() {
        return inner.context();
    }

    @Override
    public boolean stores(DType dtype) {
        return inner.stores(dtype);
    }

    @Override
    public Buffer allocate(TensorType type) {
        return inner.allocate(type);
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        operationCounts.add(OperationCounts.name(op));
        return inner.execute(op, toInner(operands), result);
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        return inner.kernel(op, operands).map(kernel -> new CountingKernel(this, op, kernel));
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        operationCounts.add("upload");
        return inner.upload(type, values);
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        operationCounts.add("download");
        inner.download(toInner(tensor), to);
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        operationCounts.add("store");
        inner.store(toInner(source), toInner(target), axis, start);
    }

    @Override
    public void synchronize() {
        inner.synchronize();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            inner.close();
            report.ifPresent(operationCounts::write);
        }
    }

    /** Returns the tensor as the other device knows it. */
    Tensor toInner(Tensor tensor) {
        return Tensor.over(inner, tensor.type(), tensor.buffer());
    }

    List<Tensor> toInner(List<Tensor> tensors) {
        return tensors.stream().map(this::toInner).toList();
    }

    /** Returns a tensor of the other device as one of this. */
    Tensor fromInner(Tensor tensor) {
        return Tensor.over(this, tensor.type(), tensor.buffer());
    }
}
