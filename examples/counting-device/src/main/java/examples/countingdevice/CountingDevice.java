package examples.countingdevice;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.Download;
import carve.api.device.Kernel;
import carve.api.device.kit.ForwardingDevice;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A device over another that counts its operations. */
final class CountingDevice extends ForwardingDevice {
    private final Optional<Path> report;
    private final OperationCounts operationCounts = new OperationCounts();
    private boolean closed;

    CountingDevice(Device inner, Optional<Path> report) {
        super("counting", inner);
        this.report = report;
    }

    /** Returns the counts so far. */
    OperationCounts counts() {
        return operationCounts;
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        operationCounts.add(OperationCounts.name(op));
        return super.execute(op, operands, result);
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        return super.kernel(op, operands).map(kernel -> new CountingKernel(operationCounts, op, kernel));
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        operationCounts.add("upload");
        return super.upload(type, values);
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        operationCounts.add("download");
        super.download(tensor, to);
    }

    @Override
    public Download downloadAsync(Tensor tensor) {
        operationCounts.add("download");
        return super.downloadAsync(tensor);
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        operationCounts.add("store");
        super.store(source, target, axis, start);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            super.close();
            report.ifPresent(operationCounts::write);
        }
    }
}
