package carve.api.device;

import carve.api.tensor.BlockQuantisation;
import carve.api.tensor.DType;
import carve.api.tensor.Float8;
import carve.api.tensor.ShapeException;
import carve.api.tensor.TensorType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Conversions between storage types in memory and doubles. */
final class ReferenceValues {
    private static final ValueLayout.OfDouble F64 =
            ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfFloat F32 = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort I16 = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfInt I32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfLong I64 = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfByte I8 = ValueLayout.JAVA_BYTE;

    private ReferenceValues() {}

    static double[] read(TensorType type, MemorySegment from) {
        if (type.dtype().isQuantised()) {
            return read(type.asBytes(), from);
        }
        int size = Math.toIntExact(type.shape().size());
        double[] values = new double[size];
        for (int i = 0; i < size; i++) {
            values[i] = read(type.dtype(), from, (long) i * type.dtype().bytes());
        }
        return values;
    }

    private static double read(DType dtype, MemorySegment from, long at) {
        return switch (dtype) {
            case F64 -> from.get(F64, at);
            case F32 -> from.get(F32, at);
            case BF16 -> Float.intBitsToFloat(from.get(I16, at) << 16);
            case F16 -> Float.float16ToFloat(from.get(I16, at));
            case F8_E4M3, F8_E5M2 -> Float8.toFloat(dtype, from.get(I8, at));
            case I64 -> from.get(I64, at);
            case I32 -> from.get(I32, at);
            case I16 -> from.get(I16, at);
            case I8 -> from.get(I8, at);
            case U8, BOOL -> from.get(I8, at) & 0xFF;
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> throw inBlocks(dtype);
        };
    }

    static void write(DType dtype, double[] values, MemorySegment to) {
        if (dtype.isQuantised()) {
            write(DType.I8, values, to);
            return;
        }
        for (int i = 0; i < values.length; i++) {
            write(dtype, values[i], to, (long) i * dtype.bytes());
        }
    }

    private static void write(DType dtype, double value, MemorySegment to, long at) {
        switch (dtype) {
            case F64 -> to.set(F64, at, value);
            case F32 -> to.set(F32, at, (float) value);
            case BF16 -> to.set(I16, at, bf16((float) value));
            case F16 -> to.set(I16, at, Float.floatToFloat16((float) value));
            case F8_E4M3, F8_E5M2 -> to.set(I8, at, Float8.of(dtype, (float) value));
            case I64 -> to.set(I64, at, (long) value);
            case I32 -> to.set(I32, at, (int) value);
            case I16 -> to.set(I16, at, (short) value);
            case I8, U8, BOOL -> to.set(I8, at, (byte) (int) value);
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> throw inBlocks(dtype);
        }
    }

    static double[] round(DType dtype, double[] values) {
        for (int i = 0; i < values.length; i++) {
            values[i] = round(dtype, values[i]);
        }
        return values;
    }

    private static double round(DType dtype, double value) {
        return switch (dtype) {
            case F64 -> value;
            case F32 -> (float) value;
            case BF16 -> Float.intBitsToFloat(bf16((float) value) << 16);
            case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
            case F8_E4M3, F8_E5M2 -> Float8.toFloat(dtype, Float8.of(dtype, (float) value));
            case I64 -> (long) value;
            case I32 -> (int) value;
            case I16 -> (short) value;
            case I8 -> (byte) (int) value;
            case U8, BOOL -> (int) value & 0xFF;
            case Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q4_K, Q5_K, Q6_K -> throw inBlocks(dtype);
        };
    }

    private static ShapeException inBlocks(DType dtype) {
        return new ShapeException(dtype + " values lie in blocks and are not read or written one by one");
    }

    /** Returns what the bytes of blocks stand for. */
    static double[] dequantised(DType dtype, double[] bytes) {
        MemorySegment blocks = MemorySegment.ofArray(new byte[bytes.length]);
        write(dtype, bytes, blocks);
        float[] values = new float[Math.toIntExact(dtype.elements(bytes.length))];
        BlockQuantisation.read(dtype, blocks, 0, values, 0, values.length / dtype.blockElements());
        double[] result = new double[values.length];
        Arrays.setAll(result, i -> values[i]);
        return result;
    }

    /** Returns the bytes of the blocks of a quantised type that stand for values, rounded to floats first. */
    static double[] quantised(TensorType type, double[] values) {
        DType dtype = type.dtype();
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        MemorySegment blocks = MemorySegment.ofArray(new byte[Math.toIntExact(type.bytes())]);
        BlockQuantisation.write(floats, 0, floats.length / dtype.blockElements(), dtype, blocks, 0);
        return read(type, blocks);
    }

    // nearest, ties to even; a NaN stays one
    private static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }
}
