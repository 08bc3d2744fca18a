package carve.api.device.kit;

import carve.api.device.Buffer;
import carve.api.device.DetailTable;
import carve.api.device.Device;
import carve.api.device.Download;
import carve.api.device.Kernel;
import carve.api.tensor.DType;
import carve.api.tensor.DeviceContext;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * A device over another, which does everything that a subclass does not override. Tensors are on this device; their buffers,
 * and the scopes that own them, are the other's.
 */
public class ForwardingDevice implements Device {
    private final String name;
    private final Device inner;

    /**
     * Makes a device over another, which is closed with it.
     *
     * @param name of this device
     * @param inner the device that does the work
     */
    protected ForwardingDevice(String name, Device inner) {
        this.name = name;
        this.inner = inner;
    }

    /** Returns the tensor as the inner device knows it. */
    protected final Tensor toInner(Tensor tensor) {
        return Tensor.over(inner, tensor.type(), tensor.buffer());
    }

    /** Returns the tensors as the inner device knows them. */
    protected final List<Tensor> toInner(List<Tensor> tensors) {
        return tensors.stream().map(this::toInner).toList();
    }

    /** Returns a tensor of the inner device as one of this device. */
    protected final Tensor fromInner(Tensor tensor) {
        return Tensor.over(this, tensor.type(), tensor.buffer());
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public DeviceContext context() {
        return inner.context();
    }

    @Override
    public Buffer allocate(TensorType type) {
        return inner.allocate(type);
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        return inner.execute(op, toInner(operands), result);
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        return inner.kernel(op, operands).map(kernel -> new ForwardingKernel(this, kernel));
    }

    @Override
    public boolean stores(DType dtype) {
        return inner.stores(dtype);
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        return inner.upload(type, values);
    }

    @Override
    public Buffer map(TensorType type, MemorySegment values, Runnable released) {
        return inner.map(type, values, released);
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        inner.download(toInner(tensor), to);
    }

    @Override
    public Download downloadAsync(Tensor tensor) {
        return inner.downloadAsync(toInner(tensor));
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        inner.store(toInner(source), toInner(target), axis, start);
    }

    @Override
    public List<DetailTable> details() {
        return inner.details();
    }

    @Override
    public int threads() {
        return inner.threads();
    }

    @Override
    public void useThreads(int most) {
        inner.useThreads(most);
    }

    @Override
    public void synchronize() {
        inner.synchronize();
    }

    @Override
    public void close() {
        inner.close();
    }
}
