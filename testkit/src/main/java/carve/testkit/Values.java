package carve.testkit;

import carve.api.device.Device;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.stream.IntStream;

/** Moves values of any storage type between tensors and arrays of doubles, without help of the device's casts. */
public final class Values {
    private static final ValueLayout.OfDouble F64 = ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private Values() {}

    /** Returns a tensor of a type with these values, each rounded to the storage type. */
    public static Tensor upload(Device device, TensorType type, double... values) {
        if (values.length != type.shape().size()) {
            throw new IllegalArgumentException("%s takes %d values, there are %d"
                    .formatted(type, type.shape().size(), values.length));
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(Math.max(1, type.bytes()), 8);
            for (int i = 0; i < values.length; i++) {
                write(type.dtype(), host, (long) i * type.dtype().bytes(), values[i]);
            }
            return Tensors.upload(device, type, host.asSlice(0, type.bytes()));
        }
    }

    /** Returns a tensor on another device with the same type and the same bits. */
    public static Tensor copy(Tensor tensor, Device to) {
        return upload(to, tensor.type(), of(tensor));
    }

    /** Returns a copy of the values of a tensor of any storage type. */
    public static double[] of(Tensor tensor) {
        return of(tensor.dtype(), tensor.shape(), bytes(tensor));
    }

    /** Returns little-endian values of a storage type as doubles. */
    public static double[] of(DType dtype, Shape shape, MemorySegment bytes) {
        return IntStream.range(0, Math.toIntExact(shape.size()))
                .mapToDouble(i -> read(dtype, bytes, (long) i * dtype.bytes()))
                .toArray();
    }

    /** Returns a copy of the bytes of a tensor, little-endian. */
    public static MemorySegment bytes(Tensor tensor) {
        MemorySegment copy = MemorySegment.ofArray(new byte[Math.toIntExact(tensor.type().bytes())]);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(Math.max(1, tensor.type().bytes()), 8);
            tensor.device().download(tensor.detach(), host.asSlice(0, tensor.type().bytes()));
            return copy.copyFrom(host.asSlice(0, tensor.type().bytes()));
        }
    }

    private static double read(DType dtype, MemorySegment from, long at) {
        return switch (dtype) {
            case F64 -> from.get(F64, at);
            case F32 -> from.get(F32, at);
            case BF16 -> Float.intBitsToFloat(from.get(I16, at) << 16);
            case F16 -> Float.float16ToFloat(from.get(I16, at));
            case I64 -> from.get(I64, at);
            case I32 -> from.get(I32, at);
            case I16 -> from.get(I16, at);
            case I8 -> from.get(ValueLayout.JAVA_BYTE, at);
            case U8, BOOL -> from.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
        };
    }

    private static void write(DType dtype, MemorySegment to, long at, double value) {
        switch (dtype) {
            case F64 -> to.set(F64, at, value);
            case F32 -> to.set(F32, at, (float) value);
            case BF16 -> to.set(I16, at, bf16((float) value));
            case F16 -> to.set(I16, at, Float.floatToFloat16((float) value));
            case I64 -> to.set(I64, at, (long) value);
            case I32 -> to.set(I32, at, (int) value);
            case I16 -> to.set(I16, at, (short) value);
            case I8, U8, BOOL -> to.set(ValueLayout.JAVA_BYTE, at, (byte) (int) value);
        }
    }

    // nearest, ties to even
    private static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        return (short) (Float.isNaN(value) ? bits >>> 16 | 0x40 : bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}
