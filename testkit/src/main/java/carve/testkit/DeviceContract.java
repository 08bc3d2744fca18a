package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.Download;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.DType;
import carve.api.tensor.Op;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * The law of devices: each primitive computes what {@link ReferenceDevice} defines, at odd extents, into memory that was
 * NaN, and leaves no buffer behind.
 *
 * <p>Arithmetic is in F32, and in I32 for {@link Op.Binary}, {@link Op.Compare} and {@link Op.Where}; operations that move
 * values do so in every storage type that devices compute with.
 *
 * <pre>{@code
 * final class CpuDeviceTest extends DeviceContract {
 *     @Override
 *     protected Device open() {
 *         return new CpuDevice();
 *     }
 * }
 * }</pre>
 */
public abstract class DeviceContract {
    private static final List<DType> STORAGE = List.of(DType.F32, DType.BF16, DType.F16, DType.I32, DType.I8);

    /** Makes the contract. */
    protected DeviceContract() {}

    /** Returns the device under test, new; the contract closes it. */
    protected abstract Device open();

    /** Returns whether an index outside of a table is refused; a device where checking is too dear returns false. */
    protected boolean checksIndices() {
        return true;
    }

    /** Each primitive, on operands of many shapes and types. */
    @TestFactory
    public Stream<DynamicTest> primitiveComputesWhatTheReferenceDefines() {
        return PrimitiveCases.all().stream()
                .collect(Collectors.groupingBy(PrimitiveCase::group, TreeMap::new, Collectors.toList()))
                .entrySet()
                .stream()
                .map(group -> DynamicTest.dynamicTest(group.getKey(), () -> agrees(group.getValue())));
    }

    private void agrees(List<PrimitiveCase> cases) {
        try (Device reference = new ReferenceDevice();
                AssertingDevice device = AssertingDevice.poisoning(open())) {
            for (PrimitiveCase c : cases) {
                Scope.run(reference, () -> Scope.run(device, () -> c.assertAgrees(reference, device)));
                assertEquals(0, device.openBuffers(), () -> c.name() + ": leaked buffers");
            }
        }
    }

    /** The cases leave out no primitive that reaches a device. */
    @Test
    public void everyPrimitiveIsTried() {
        Set<Class<?>> tried =
                PrimitiveCases.all().stream().map(c -> c.op().getClass()).collect(Collectors.toSet());
        Set<Class<?>> all = Arrays.stream(Op.class.getPermittedSubclasses())
                .filter(op -> op != Op.Reshape.class)
                .collect(Collectors.toSet());
        assertEquals(all, tried);
    }

    /** The same operation on the same operands gives the same bits. */
    @Test
    public void sameBitsTwice() {
        try (Device device = open()) {
            Tensor a = RandomTensors.seeded().normal(device, "a", 3, 65, 200);
            Tensor b = RandomTensors.seeded().normal(device, "b", 200, 63);
            TensorAssertions.assertBitwiseEqual("matmul", a.matmul(b), a.matmul(b));
            TensorAssertions.assertBitwiseEqual("sum", a.sum(), a.sum());
        }
    }

    /** Downloaded values are those that were uploaded, to the bit. */
    @Test
    public void downloadsWhatWasUploaded() {
        try (Device device = open()) {
            for (DType dtype : STORAGE) {
                for (int extent : PrimitiveCases.EXTENTS) {
                    TensorType type = new TensorType(dtype, Shape.of(3, extent));
                    byte[] bytes = new byte[Math.toIntExact(type.bytes())];
                    IntStream.range(0, bytes.length).forEach(i -> bytes[i] = (byte) (i * 37 % 120));
                    Tensor tensor = Tensors.upload(device, type, MemorySegment.ofArray(bytes));
                    assertEquals(-1, MemorySegment.ofArray(bytes).mismatch(TensorValues.bytes(tensor)), type::toString);
                }
            }
        }
    }

    /** An asynchronous download gives the values at the time of the call, whatever is written to the tensor before it is awaited. */
    @Test
    public void fetchReturnsValuesAtTheTimeOfTheCall() {
        int count = 40;
        try (Device device = open()) {
            Tensor x = Tensor.allocate(device, new TensorType(DType.I32, Shape.of(3)));
            List<Download> downloads = IntStream.range(0, count)
                    .mapToObj(i -> Scope.run(device, () -> {
                        device.store(Tensors.of(device, Shape.of(3), i, 7 * i, -i), x, 0, 0);
                        return x.downloadAsync();
                    }))
                    .toList();
            for (int i = count - 1; i >= 0; i -= 3) {
                assertArrayEquals(new int[] {i, 7 * i, -i}, downloads.get(i).ints(), "number " + i);
                assertArrayEquals(new int[] {i, 7 * i, -i}, downloads.get(i).ints(), "again, number " + i);
                assertTrue(downloads.get(i).isDone(), "number " + i);
            }
        }
    }

    /** Quantised rows are downloaded as they were uploaded, moved to the bit, and cast as defined; or the type is refused. */
    @Test
    public void quantisedRowsAreMovedExactly() {
        try (Device reference = new ReferenceDevice();
                Device device = open()) {
            for (DType dtype : QuantisedTypes.all()) {
                TensorType type = new TensorType(dtype, Shape.of(5, 3 * dtype.blockElements()));
                if (!device.stores(dtype)) {
                    assertThrows(DeviceException.class, () -> PrimitiveCases.operand(device, "table", type));
                    continue;
                }
                Tensor expected = PrimitiveCases.operand(reference, "table", type);
                Tensor actual = PrimitiveCases.operand(device, "table", type);
                assertEquals(-1, TensorValues.bytes(expected).mismatch(TensorValues.bytes(actual)), type::toString);
                TensorAssertions.assertBitwiseEqual(dtype + " cast", expected.cast(DType.F32), actual.cast(DType.F32));
                TensorAssertions.assertBitwiseEqual(dtype + " rows", gathered(expected), gathered(actual));
                TensorAssertions.assertBitwiseEqual(dtype + " slice", expected.slice(0, 1, 4), actual.slice(0, 1, 4));
                TensorAssertions.assertBitwiseEqual(
                        dtype + " concat",
                        Tensors.concat(0, List.of(expected, expected)),
                        Tensors.concat(0, List.of(actual, actual)));
                for (DType wide : List.of(DType.F32, DType.BF16, DType.F16)) {
                    TensorType from = type.with(wide);
                    TensorAssertions.assertBitwiseEqual(
                            wide + " to " + dtype,
                            PrimitiveCases.operand(reference, "wide", from).cast(dtype),
                            PrimitiveCases.operand(device, "wide", from).cast(dtype));
                }
            }
        }
    }

    private static Tensor gathered(Tensor table) {
        return table.gather(Tensors.of(table.device(), Shape.of(3, 2), 4, 0, 3, 3, 1, 2));
    }

    /** Memory that was allocated takes what is stored into it, whole or in part, along any axis. */
    @Test
    public void storeWritesItsPartAndNothingElse() {
        try (Device reference = new ReferenceDevice();
                Device device = open()) {
            for (DType dtype : STORAGE) {
                for (int axis = 0; axis < 3; axis++) {
                    TensorAssertions.assertBitwiseEqual(
                            dtype + " axis " + axis, stored(reference, dtype, axis), stored(device, dtype, axis));
                }
            }
        }
    }

    private static Tensor stored(Device device, DType dtype, int axis) {
        Shape shape = Shape.of(3, 5, 13);
        TensorType type = new TensorType(dtype, shape);
        Tensor target = Tensor.allocate(device, type);
        device.store(PrimitiveCases.operand(device, "whole", type), target, 0, 0);
        Tensor part = PrimitiveCases.operand(device, "part", type.with(shape.with(axis, 2)));
        device.store(part, target, axis, 1);
        device.store(PrimitiveCases.operand(device, "none", type.with(shape.with(axis, 0))), target, axis, 1);
        return target;
    }

    /** A tensor without elements can be made, moved and read. */
    @Test
    public void emptyTensorsAreTensors() {
        try (Device device = open()) {
            Tensor empty = Tensors.of(device, Shape.of(0, 3), new float[0]);
            assertEquals(0, empty.floats().length);
            assertEquals(Shape.of(3, 0), empty.transpose().shape());
            assertEquals(0, empty.sum().item());
            assertEquals(0, Tensor.allocate(device, TensorType.f32(0)).floats().length);
        }
    }

    /** An index outside of the table is refused with a message that names both, or the device has declared otherwise. */
    @Test
    public void indexOutOfRangeIsRefused() {
        if (!checksIndices()) {
            return;
        }
        try (Device device = open()) {
            Tensor table = Tensors.zeros(device, Shape.of(5, 3));
            for (int index : new int[] {-1, 5}) {
                Tensor indices = Tensors.of(device, Shape.of(2), 0, index);
                Tensor rows = Tensors.ones(device, Shape.of(2, 3));
                for (Runnable use : List.<Runnable>of(
                        () -> table.gather(indices).floats(),
                        () -> Tensors.apply(new Op.ScatterAdd(5), indices, rows).floats())) {
                    DeviceException refusal = assertThrows(DeviceException.class, use::run);
                    assertEquals("index %d is outside of a table of 5 rows".formatted(index), refusal.getMessage());
                }
            }
        }
    }

    /** Closing memory twice does nothing more than closing it once: other tensors keep their values. */
    @Test
    public void closingABufferTwiceDoesNothing() {
        try (Device device = open()) {
            TensorType type = TensorType.f32(200);
            Buffer first = Scope.keep(Tensors.ones(device, type.shape())).buffer();
            first.close();
            first.close();
            Tensor a = Tensors.full(device, type.shape(), 2);
            Tensor b = Tensors.full(device, type.shape(), 3);
            assertEquals(2, a.floats()[199]);
            assertEquals(3, b.floats()[0]);
        }
    }

    /** A device owns one workspace, and counts there what lives. */
    @Test
    public void scopesReleaseWhatWasBornInThem() {
        try (Device device = open()) {
            int before = device.context().scopes().liveBuffers();
            Tensor kept = Scope.run(
                    device, () -> Tensors.ones(device, Shape.of(5)).multiply(3).add(1));
            assertEquals(before + 1, device.context().scopes().liveBuffers());
            assertEquals(4, kept.floats()[4]);
            assertFalse(kept.buffer().bytes() < 20, "5 floats take 20 bytes or more");
        }
    }

    /** The name is one that settings can say. */
    @Test
    public void nameIsLowerCaseAndDashed() {
        try (Device device = open()) {
            assertTrue(device.name().matches("[a-z][a-z0-9-]*"), device.name());
        }
    }
}
