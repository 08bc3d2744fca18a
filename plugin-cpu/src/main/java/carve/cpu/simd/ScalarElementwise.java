package carve.cpu.simd;

import carve.api.device.ReferenceDevice;
import carve.api.tensor.Op;
import carve.cpu.memory.NativeMemory;

/**
 * Functions of single F32 for machines whose vectors do not multiply and add in one instruction: {@link VectorMath} would compute
 * each such step in software there.
 */
final class ScalarElementwise {
    private ScalarElementwise() {}

    /** Writes the function of n elements. */
    static void unary(Op.UnaryFunction function, long x, long y, int n) {
        for (int i = 0; i < n; i++) {
            NativeMemory.set(y + 4L * i, (float) ReferenceDevice.unary(function, NativeMemory.get(x + 4L * i)));
        }
    }
}
