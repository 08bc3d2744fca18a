package carve.testkit;

import carve.api.device.Buffer;
import carve.api.device.CpuTarget;
import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.Download;
import carve.api.device.Kernel;
import carve.api.device.KernelCatalog;
import carve.api.device.KernelProvider;
import carve.api.device.ReferenceDevice;
import carve.api.device.kit.KernelSelector;
import carve.api.tensor.DType;
import carve.api.tensor.DeviceContext;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/**
 * A device whose values lie in native memory, as those of the device {@code cpu} do, for a plugin's own kernels to be tried
 * on: primitives are the reference's, kernels those of the providers. A segment is as long as its tensor, so that a kernel
 * which leaves it is found out; tasks run now forwards, now backwards, so that those which depend on each other are, too; what is
 * fetched is not there before somebody waits for it.
 *
 * <pre>{@code
 * final class SquareKernelTest extends KernelContract {
 *     @Override
 *     protected Device open() {
 *         return new HostDevice(new SquareKernels());
 *     }
 *     ...
 * }
 * }</pre>
 */
public final class HostDevice implements Device {
    private static final int ALIGNMENT = 64;

    /** Memory of a tensor, which its closing takes away. */
    private static final class NativeBuffer implements Buffer {
        private final Arena arena = Arena.ofConfined();
        private final MemorySegment values;
        private boolean closed;

        private NativeBuffer(long bytes) {
            values = arena.allocate(Math.max(1, bytes), ALIGNMENT)
                    .asSlice(0, bytes)
                    .fill((byte) -1);
        }

        @Override
        public long bytes() {
            return values.byteSize();
        }

        @Override
        public void close() {
            if (!closed) {
                closed = true;
                arena.close();
            }
        }
    }

    private final class TestHostMemory implements CpuTarget {
        private boolean backwards;

        @Override
        public Device device() {
            return HostDevice.this;
        }

        @Override
        public MemorySegment memory(Tensor tensor) {
            return HostDevice.values(tensor);
        }

        @Override
        public int threads() {
            return 1;
        }

        @Override
        public void parallelFor(int tasks, IntConsumer work) {
            for (int task = 0; task < tasks; task++) {
                work.accept(backwards ? tasks - 1 - task : task);
            }
            backwards = !backwards;
        }
    }

    private final DeviceContext deviceContext = new DeviceContext();
    private final Device reference = new ReferenceDevice();
    private final CpuTarget host = new TestHostMemory();
    private final KernelSelector kernels;

    /** Makes a device with the kernels of these providers and no others. */
    public HostDevice(KernelProvider... providers) {
        this.kernels = new KernelSelector(host, List.of(), new KernelCatalog(List.of(providers)));
    }

    @Override
    public String name() {
        return "host";
    }

    @Override
    public DeviceContext context() {
        return deviceContext;
    }

    private static MemorySegment values(Tensor tensor) {
        NativeBuffer buffer = (NativeBuffer) tensor.buffer();
        if (buffer.closed) {
            throw new DeviceException(
                    "host: tensor used after its scope was closed; return it from the scope or call Scope.keep");
        }
        return buffer.values;
    }

    @Override
    public boolean stores(DType dtype) {
        return reference.stores(dtype);
    }

    @Override
    public Buffer allocate(TensorType type) {
        return new NativeBuffer(type.bytes());
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment from) {
        NativeBuffer buffer = new NativeBuffer(type.bytes());
        MemorySegment.copy(from, 0, buffer.values, 0, type.bytes());
        return buffer;
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        MemorySegment.copy(values(tensor), 0, to, 0, tensor.type().bytes());
    }

    @Override
    public Download downloadAsync(Tensor tensor) {
        MemorySegment values = MemorySegment.ofArray(values(tensor).toArray(ValueLayout.JAVA_BYTE));
        return new Download() {
            private boolean awaited;

            @Override
            public boolean isDone() {
                return awaited;
            }

            @Override
            public MemorySegment await() {
                awaited = true;
                return values;
            }
        };
    }

    private Tensor there(Tensor tensor) {
        return Tensors.upload(reference, tensor.type(), values(tensor));
    }

    private static void copy(Tensor from, NativeBuffer to) {
        from.device().download(from, to.values);
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        NativeBuffer buffer = new NativeBuffer(result.bytes());
        Scope.run(
                reference,
                () -> copy(Tensors.apply(op, operands.stream().map(this::there).toList()), buffer));
        return buffer;
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        Scope.run(reference, () -> {
            Tensor whole = there(target);
            reference.store(there(source), whole, axis, start);
            copy(whole, (NativeBuffer) target.buffer());
        });
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        return kernels.select(op, operands);
    }

    @Override
    public void close() {
        deviceContext.scopes().closeAll();
        reference.close();
    }
}
