package examples.countingdevice;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Kernel;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Workspace;
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
    private final Counts counts = new Counts();
    private boolean closed;

    CountingDevice(Device inner, Optional<Path> report) {
        this.inner = inner;
        this.report = report;
    }

    /** Returns what was counted. */
    Counts counts() {
        return counts;
    }

    @Override
    public String name() {
        return "counting";
    }

    @Override
    public Workspace workspace() {
        return inner.workspace();
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
        counts.add(Counts.name(op));
        return inner.execute(op, inside(operands), result);
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        return inner.kernel(op, operands).map(kernel -> new CountedKernel(this, op, kernel));
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        counts.add("upload");
        return inner.upload(type, values);
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        counts.add("download");
        inner.download(inside(tensor), to);
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        counts.add("store");
        inner.store(inside(source), inside(target), axis, start);
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
            report.ifPresent(counts::write);
        }
    }

    /** Returns the tensor as the other device knows it. */
    Tensor inside(Tensor tensor) {
        return Tensor.over(inner, tensor.type(), tensor.buffer());
    }

    List<Tensor> inside(List<Tensor> tensors) {
        return tensors.stream().map(this::inside).toList();
    }

    /** Returns a tensor of the other device as one of this. */
    Tensor outside(Tensor tensor) {
        return Tensor.over(this, tensor.type(), tensor.buffer());
    }
}
