package carve.runtime.memory;

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
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * A device that computes nothing, as PyTorch's meta device: its tensors have types and shapes, and read as zeros. It records how
 * much memory is allocated at one time, so that a training step on it shows what that step takes on a device with a kernel for every
 * fused op. The scratch memory of kernels, and what they keep for their backward pass, is not counted.
 */
public final class MetaDevice implements Device {
    private final DeviceContext deviceContext = new DeviceContext();
    private long live;
    private long peak;

    /** Makes the device. */
    public MetaDevice() {}

    /** Returns the bytes of all tensors that are allocated. */
    public long allocatedBytes() {
        return live;
    }

    /** Returns the most bytes that were allocated at one time since {@link #resetPeak}. */
    public long peakBytes() {
        return peak;
    }

    /** Resets the peak to the bytes that are allocated now. */
    void resetPeak() {
        peak = live;
    }

    private final class MetaBuffer implements Buffer {
        private final long bytes;
        private boolean open = true;

        MetaBuffer(long bytes) {
            this.bytes = bytes;
            live += bytes;
            peak = Math.max(peak, live);
        }

        @Override
        public long bytes() {
            return bytes;
        }

        @Override
        public void close() {
            live -= open ? bytes : 0;
            open = false;
        }
    }

    /** A kernel that makes results and gradients of the right types. */
    private record ShapeKernel(FusedOp op) implements Kernel {
        @Override
        public String name() {
            return "blank";
        }

        @Override
        public List<Tensor> forward(List<Tensor> operands) {
            return op.results(operands.stream().map(Tensor::type).toList()).stream()
                    .map(type -> Tensor.allocate(operands.getFirst().device(), type))
                    .toList();
        }

        @Override
        public boolean differentiable() {
            return true;
        }

        @Override
        public List<Optional<Tensor>> backward(
                List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
            List<Optional<Tensor>> own = new ArrayList<>();
            IntStream.range(0, operands.size())
                    .forEach(i -> own.add(
                            wanted.get(i)
                                    ? Optional.of(Tensor.allocate(
                                            operands.get(i).device(),
                                            operands.get(i).type()))
                                    : Optional.empty()));
            return own;
        }
    }

    @Override
    public String name() {
        return "paper";
    }

    @Override
    public DeviceContext context() {
        return deviceContext;
    }

    @Override
    public Buffer allocate(TensorType type) {
        return new MetaBuffer(type.bytes());
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        return new MetaBuffer(result.bytes());
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        return Optional.of(new ShapeKernel(op));
    }

    @Override
    public boolean stores(DType dtype) {
        return true;
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        return new MetaBuffer(type.bytes());
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        to.fill((byte) 0);
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        // nothing is written where nothing is
    }

    @Override
    public void close() {
        deviceContext.scopes().closeAll();
    }
}
