package carve.api.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/** Copies between tensors and arrays of the host; little-endian, unaligned. */
final class HostArrays {
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private HostArrays() {}

    static float[] floats(Tensor tensor) {
        Tensor wide = tensor.detach().cast(DType.F32);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(Math.max(1, wide.type().bytes()), 8);
            wide.device().download(wide, host);
            return host.asSlice(0, wide.type().bytes()).toArray(FLOAT);
        }
    }

    static int[] ints(Tensor tensor) {
        if (tensor.dtype() != DType.I32) {
            throw new ShapeException("ints: I32 expected, found " + tensor.type());
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment host = arena.allocate(Math.max(1, tensor.type().bytes()), 8);
            tensor.device().download(tensor, host);
            return host.asSlice(0, tensor.type().bytes()).toArray(INT);
        }
    }
}
