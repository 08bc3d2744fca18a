package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Buffer;
import carve.api.device.DetailTable;
import carve.api.device.Device;
import carve.api.device.Download;
import carve.api.device.Kernel;
import carve.api.tensor.DType;
import carve.api.tensor.DeviceContext;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Op;
import carve.api.tensor.Scope;
import carve.api.tensor.ShapeInference;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * A device that computes as another and watches the callers and the other: operands are on this device and are not used
 * after they are closed, types agree, and, at its close, no buffer is left that nobody owns.
 *
 * <p>It has scopes of its own; closing it closes the device it wraps. What a test keeps with {@link Scope#keep} it closes
 * itself before it closes the device.
 *
 * <pre>{@code
 * try (Device device = new AssertingDevice(new ReferenceDevice())) {
 *     Scope.run(device, () -> model.forward(...));
 * } // fails here if a buffer was left behind
 * }</pre>
 */
public final class AssertingDevice implements Device {
    /** A buffer of the wrapped device with what is known about it. */
    private final class CheckedBuffer implements Buffer {
        private final Buffer inner;
        private final long bytes;
        private boolean closed;

        private CheckedBuffer(Buffer inner, long bytes) {
            this.inner = inner;
            this.bytes = bytes;
            open.add(this);
        }

        @Override
        public long bytes() {
            return inner.bytes();
        }

        @Override
        public void close() {
            closed = true;
            open.remove(this);
            inner.close();
        }
    }

    private final Device wrapped;
    private final DeviceContext deviceContext = new DeviceContext();
    private final Set<CheckedBuffer> open = Collections.newSetFromMap(new IdentityHashMap<>());
    private final boolean poisonsResults;
    private Optional<CheckedBuffer> adopted = Optional.empty();
    private boolean closed;

    /** Makes a device over another, which is closed with it. */
    public AssertingDevice(Device wrapped) {
        this(wrapped, false);
    }

    private AssertingDevice(Device wrapped, boolean poisons) {
        this.wrapped = wrapped;
        this.poisonsResults = poisons;
    }

    /**
     * Returns a device over another that leaves NaN in the other's pool before each operation, in memory of the size of
     * each result, so that a result that is not written whole, or is added to, is seen.
     */
    public static AssertingDevice poisoning(Device wrapped) {
        return new AssertingDevice(wrapped, true);
    }

    /** Returns the number of buffers that are not closed. */
    public int openBuffers() {
        return open.size();
    }

    /** Returns the bytes of the tensors whose buffers are not closed, each at its own type. */
    public long openBytes() {
        return open.stream().mapToLong(buffer -> buffer.bytes).sum();
    }

    @Override
    public String name() {
        return wrapped.name();
    }

    @Override
    public DeviceContext context() {
        return deviceContext;
    }

    @Override
    public Buffer allocate(TensorType type) {
        requireOpen();
        if (adopted.isPresent()) {
            CheckedBuffer result = adopted.get();
            adopted = Optional.empty();
            return result;
        }
        return check(wrapped.allocate(type), type);
    }

    @Override
    public Buffer execute(Op op, List<Tensor> operands, TensorType result) {
        requireOpen();
        assertFalse(op instanceof Op.Reshape, "reshape never reaches a device");
        assertEquals(
                ShapeInference.of(op, operands.stream().map(Tensor::type).toList()),
                result,
                () -> op + ": result type");
        poison(List.of(result));
        return check(wrapped.execute(op, unwrap(operands), result), result);
    }

    @Override
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands) {
        requireOpen();
        return wrapped.kernel(op, operands).map(kernel -> new CheckedKernel(op, kernel));
    }

    @Override
    public boolean stores(DType dtype) {
        return wrapped.stores(dtype);
    }

    @Override
    public List<DetailTable> details() {
        return wrapped.details();
    }

    @Override
    public Buffer upload(TensorType type, MemorySegment values) {
        requireOpen();
        assertTrue(
                values.byteSize() >= type.bytes(), () -> "upload: %d bytes for %s".formatted(values.byteSize(), type));
        return check(wrapped.upload(type, values), type);
    }

    @Override
    public Buffer map(TensorType type, MemorySegment values, Runnable released) {
        requireOpen();
        assertTrue(values.byteSize() >= type.bytes(), () -> "map: %d bytes for %s".formatted(values.byteSize(), type));
        return check(wrapped.map(type, values, released), type);
    }

    @Override
    public void download(Tensor tensor, MemorySegment to) {
        requireOpen();
        assertTrue(to.byteSize() >= tensor.type().bytes(), () -> "download: " + to.byteSize() + " bytes for " + tensor);
        wrapped.download(unwrap(tensor), to);
    }

    @Override
    public Download downloadAsync(Tensor tensor) {
        requireOpen();
        return wrapped.downloadAsync(unwrap(tensor));
    }

    @Override
    public void store(Tensor source, Tensor target, int axis, int start) {
        requireOpen();
        assertEquals(
                target.type().with(target.shape().with(axis, source.extent(axis))),
                source.type(),
                "store: the source's type must be the target's but for the extent of the axis");
        assertTrue(
                0 <= start && start + source.extent(axis) <= target.extent(axis),
                () -> "store: %s at %d of axis %d is not in %s".formatted(source, start, axis, target));
        wrapped.store(unwrap(source), unwrap(target), axis, start);
    }

    @Override
    public void synchronize() {
        requireOpen();
        wrapped.synchronize();
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            deviceContext.scopes().closeAll();
            int left = open.size();
            wrapped.close();
            assertEquals(0, left, "leaked buffers: kept with Scope.keep and never closed");
        }
    }

    // bytes of -1 are NaN in every floating-point type
    private void poison(List<TensorType> types) {
        if (poisonsResults) {
            List<Buffer> dirty = types.stream().map(this::dirty).toList();
            dirty.forEach(Buffer::close);
        }
    }

    private Buffer dirty(TensorType type) {
        byte[] bytes = new byte[Math.toIntExact(type.bytes())];
        Arrays.fill(bytes, (byte) -1);
        return wrapped.upload(type, MemorySegment.ofArray(bytes));
    }

    private CheckedBuffer check(Buffer inner, TensorType type) {
        assertTrue(inner.bytes() >= 0, () -> "a buffer of %d bytes for %s".formatted(inner.bytes(), type));
        return new CheckedBuffer(inner, type.bytes());
    }

    private List<Tensor> unwrap(List<Tensor> tensors) {
        return tensors.stream().map(this::unwrap).toList();
    }

    private Tensor unwrap(Tensor tensor) {
        assertSame(this, tensor.device(), () -> tensor + " is on another device");
        assertTrue(tensor.tape().isEmpty(), () -> tensor + " is still watched by a tape");
        CheckedBuffer buffer = (CheckedBuffer) tensor.buffer();
        assertFalse(buffer.closed, () -> tensor + " is used after its buffer was closed");
        assertEquals(buffer.bytes, tensor.type().bytes(), () -> tensor + " lies over a buffer of another size");
        return Tensor.over(wrapped, tensor.type(), buffer.inner);
    }

    private void requireOpen() {
        assertFalse(closed, "the device is used after it was closed");
    }

    /** A kernel of the wrapped device, between tensors of this one. */
    private final class CheckedKernel implements Kernel {
        private final FusedOp op;
        private final Kernel kernel;

        private CheckedKernel(FusedOp op, Kernel kernel) {
            this.op = op;
            this.kernel = kernel;
        }

        @Override
        public String name() {
            return kernel.name();
        }

        @Override
        public boolean differentiable() {
            return kernel.differentiable();
        }

        @Override
        public List<Tensor> forward(List<Tensor> operands) {
            return run(operands, kernel::forward);
        }

        @Override
        public List<Tensor> forwardAndSave(List<Tensor> operands) {
            return run(operands, kernel::forwardAndSave);
        }

        private List<Tensor> run(List<Tensor> operands, UnaryOperator<List<Tensor>> forward) {
            List<TensorType> expected =
                    op.results(operands.stream().map(Tensor::type).toList());
            List<Tensor> inner = unwrap(operands);
            poison(expected);
            List<Tensor> results = Scope.run(wrapped, () -> forward.apply(inner));
            for (int i = 0; i < expected.size(); i++) {
                assertEquals(expected.get(i), results.get(i).type(), op.name() + ": type of result " + i);
            }
            return adopt(results, operands);
        }

        @Override
        public List<Optional<Tensor>> backward(
                List<Tensor> operands, List<Tensor> results, List<Optional<Tensor>> gradients, List<Boolean> wanted) {
            List<Tensor> innerOperands = unwrap(operands);
            List<Tensor> innerResults = unwrap(results);
            List<Optional<Tensor>> innerGradients = gradients.stream()
                    .map(g -> g.map(AssertingDevice.this::unwrap))
                    .toList();
            poison(operands.stream().map(Tensor::type).toList());
            List<Optional<Tensor>> computed =
                    Scope.run(wrapped, () -> kernel.backward(innerOperands, innerResults, innerGradients, wanted));
            assertEquals(operands.size(), computed.size(), op.name() + ": one gradient, or none, for each operand");
            checkGradients(operands, computed);
            List<Tensor> known = new ArrayList<>(operands);
            known.addAll(results);
            gradients.forEach(g -> g.ifPresent(known::add));
            return computed.stream()
                    .map(g -> g.map(t -> adopt(List.of(t), known).getFirst()))
                    .toList();
        }

        private void checkGradients(List<Tensor> operands, List<Optional<Tensor>> computed) {
            for (int i = 0; i < operands.size(); i++) {
                TensorType type = operands.get(i).type();
                String what = op.name() + ": type of the gradient of operand " + i;
                computed.get(i).ifPresent(g -> assertEquals(type, g.type(), what));
            }
        }
    }

    // Results of the wrapped device become tensors of this one, of its innermost scope; an operand given back stays
    // itself.
    private List<Tensor> adopt(List<Tensor> results, List<Tensor> known) {
        Map<Buffer, CheckedBuffer> outer = new IdentityHashMap<>();
        known.forEach(tensor -> outer.put(((CheckedBuffer) tensor.buffer()).inner, (CheckedBuffer) tensor.buffer()));
        return results.stream()
                .map(result -> {
                    assertNotEquals(this, result.device(), "kernels compute on the wrapped device");
                    Buffer buffer = Scope.keep(result).buffer();
                    if (outer.containsKey(buffer)) {
                        return Tensor.over(this, result.type(), outer.get(buffer));
                    }
                    CheckedBuffer checkedBuffer = check(buffer, result.type());
                    outer.put(buffer, checkedBuffer);
                    adopted = Optional.of(checkedBuffer);
                    return Tensor.allocate(this, result.type());
                })
                .toList();
    }
}
