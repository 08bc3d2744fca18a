package carve.testkit;

import carve.api.checkpoint.DTypeConversion;
import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;

/** Conversions between tensors of any storage type and arrays of doubles, without the device's casts. */
public final class TensorValues {
    private TensorValues() {}

    /** Returns a tensor of a type with these values, each rounded to the storage type. */
    public static Tensor upload(Device device, TensorType type, double... values) {
        if (values.length != type.shape().size()) {
            throw new IllegalArgumentException("%s takes %d values, there are %d"
                    .formatted(type, type.shape().size(), values.length));
        }
        try (Arena arena = Arena.ofConfined()) {
            return Tensors.upload(device, type, elements(type.dtype(), values, arena));
        }
    }

    private static MemorySegment elements(DType dtype, double[] values, Arena arena) {
        return dtype.isFloating()
                ? DTypeConversion.of(dtype, values, arena)
                : DTypeConversion.of(
                        dtype,
                        Arrays.stream(values).mapToLong(value -> (long) value).toArray(),
                        arena);
    }

    /** Returns a tensor on another device with the same type and the same bits. */
    public static Tensor copy(Tensor tensor, Device to) {
        return upload(to, tensor.type(), of(tensor));
    }

    /** Returns a copy of the values of a tensor of any storage type. */
    public static double[] of(Tensor tensor) {
        return DTypeConversion.doubles(tensor.dtype(), bytes(tensor));
    }

    /** Returns a copy of the bytes of a tensor, little-endian. */
    public static MemorySegment bytes(Tensor tensor) {
        MemorySegment copy =
                MemorySegment.ofArray(new byte[Math.toIntExact(tensor.type().bytes())]);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(Math.max(1, tensor.type().bytes()), 8);
            tensor.device()
                    .download(tensor.detach(), host.asSlice(0, tensor.type().bytes()));
            return copy.copyFrom(host.asSlice(0, tensor.type().bytes()));
        }
    }
}
