package carve.api.device.kit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Op.UnaryFunction;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A backend that computes in F32 alone serves every storage type, and no temporary buffer is left, whatever happens. */
final class PrimitiveExecutorTest {
    /** Counts the buffers that are open, and has the reference compute what the backend is asked for. */
    private static final class Recording extends ForwardingDevice implements PrimitiveExecutor.Backend {
        private final ReferenceDevice reference;
        private final PrimitiveExecutor executor = new PrimitiveExecutor(this, this);
        private final List<String> asked = new ArrayList<>();
        private int open;
        private boolean fails;
        private boolean writesHalf = true;

        private Recording(ReferenceDevice reference) {
            super("recording", reference);
            this.reference = reference;
        }

        private final class CountedBuffer implements Buffer {
            private final Buffer values;

            private CountedBuffer(Buffer values) {
                this.values = values;
                open++;
            }

            @Override
            public long bytes() {
                return values.bytes();
            }

            @Override
            public void close() {
                open--;
            }
        }

        private Tensor there(Tensor x) {
            Buffer buffer = x.buffer() instanceof CountedBuffer counted ? counted.values : x.buffer();
            return Tensor.over(reference, x.type(), buffer);
        }

        @Override
        public Buffer allocate(TensorType type) {
            return new CountedBuffer(reference.allocate(type));
        }

        @Override
        public void run(Op op, List<Tensor> operands, Tensor result) {
            asked.add("%s %s -> %s"
                    .formatted(
                            op.getClass().getSimpleName(),
                            operands.stream().map(x -> x.dtype().name()).toList(),
                            result.dtype()));
            if (fails) {
                throw new IllegalStateException("no");
            }
            List<Tensor> there = operands.stream().map(this::there).toList();
            write(Tensor.over(reference, result.type(), reference.execute(op, there, result.type())), result);
        }

        @Override
        public void cast(Tensor x, Tensor result) {
            asked.add("cast %s -> %s".formatted(x.dtype(), result.dtype()));
            write(there(x).cast(result.dtype()), result);
        }

        private void write(Tensor values, Tensor result) {
            reference.store(values.reshape(-1), there(result).reshape(-1), 0, 0);
        }

        @Override
        public boolean writesHalf(Op op, DType dtype) {
            return writesHalf;
        }

        private float[] execute(Op op, TensorType result, Tensor... operands) {
            asked.clear();
            Buffer buffer = executor.execute(op, List.of(operands), result);
            float[] values =
                    there(Tensor.over(this, result, buffer)).cast(DType.F32).floats();
            buffer.close();
            return values;
        }
    }

    private static final Op NEGATE = new Op.Unary(UnaryFunction.NEGATE);

    private static Tensor x(Device device, DType dtype) {
        return Tensors.of(device, Shape.of(2), 1f, 3f).cast(dtype);
    }

    private static TensorType type(DType dtype) {
        return new TensorType(dtype, Shape.of(2));
    }

    @Test
    void arithmeticOnHalfTypesIsInF32AndRounded() {
        try (var device = new Recording(new ReferenceDevice())) {
            Tensor x = x(device, DType.BF16);
            device.open = 0;
            assertArrayEquals(new float[] {-1, -3}, device.execute(NEGATE, type(DType.BF16), x));
            assertEquals(List.of("cast BF16 -> F32", "Unary [F32] -> F32", "cast F32 -> BF16"), device.asked);
            assertEquals(0, device.open);
        }
    }

    @Test
    void f32AndIntegersGoStraightToTheBackend() {
        try (var device = new Recording(new ReferenceDevice())) {
            device.execute(NEGATE, type(DType.F32), x(device, DType.F32));
            assertEquals(List.of("Unary [F32] -> F32"), device.asked);
            var add = new Op.Binary(Op.BinaryFunction.ADD);
            device.execute(add, type(DType.I32), x(device, DType.I32), x(device, DType.I32));
            assertEquals(List.of("Binary [I32, I32] -> I32"), device.asked);
        }
    }

    @Test
    void valuesThatAreMovedStayAsTheyAreStored() {
        try (var device = new Recording(new ReferenceDevice())) {
            assertArrayEquals(
                    new float[] {3},
                    device.execute(
                            new Op.Slice(0, 1, 2), new TensorType(DType.F16, Shape.of(1)), x(device, DType.F16)));
            assertEquals(List.of("Slice [F16] -> F16"), device.asked);
        }
    }

    @Test
    void comparisonsAreInF32UnlessTheBackendReadsHalfTypes() {
        try (var device = new Recording(new ReferenceDevice())) {
            var max = new Op.Max(0);
            var one = new TensorType(DType.BF16, Shape.of(1));
            assertArrayEquals(new float[] {3}, device.execute(max, one, x(device, DType.BF16)));
            assertEquals(List.of("cast BF16 -> F32", "Max [F32] -> F32", "cast F32 -> BF16"), device.asked);
        }
    }

    @Test
    void quantisedRowsAreMovedAsBytes() {
        try (var device = new Recording(new ReferenceDevice())) {
            Tensor rows = Tensors.full(device, Shape.of(3, 32), 127).cast(DType.Q8_0);
            var row = new TensorType(DType.Q8_0, Shape.of(1, 32));
            assertEquals(127, device.execute(new Op.Slice(0, 2, 3), row, rows)[31]);
            assertEquals(List.of("Slice [I8] -> I8"), device.asked);
        }
    }

    @Test
    void resultsThatTheBackendCannotWriteAreRounded() {
        try (var device = new Recording(new ReferenceDevice())) {
            device.writesHalf = false;
            device.execute(new Op.Slice(0, 0, 2), type(DType.BF16), x(device, DType.BF16));
            assertEquals(List.of("Slice [BF16] -> F32", "cast F32 -> BF16"), device.asked);
        }
    }

    @Test
    void emptyResultsAreNotComputed() {
        try (var device = new Recording(new ReferenceDevice())) {
            var none = new TensorType(DType.F32, Shape.of(0));
            assertEquals(0, device.execute(new Op.Slice(0, 0, 0), none, x(device, DType.F32)).length);
            assertEquals(List.of(), device.asked);
        }
    }

    @Test
    void failureLeavesNoBufferOpen() {
        try (var device = new Recording(new ReferenceDevice())) {
            Tensor x = x(device, DType.BF16);
            device.open = 0;
            device.fails = true;
            assertThrows(IllegalStateException.class, () -> device.execute(NEGATE, type(DType.BF16), x));
            assertEquals(0, device.open);
        }
    }
}
