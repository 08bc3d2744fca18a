package carve.cpu;

import carve.api.device.ReferenceDevice;
import carve.api.tensor.Op;

/**
 * Functions of single F32 for machines whose vectors do not multiply and add in one instruction: {@link VectorMath} would compute
 * each such step in software there.
 */
final class PlainMaps {
    private PlainMaps() {}

    /** Writes the function of n elements. */
    static void unary(Op.UnaryFunction function, long x, long y, int n) {
        for (int i = 0; i < n; i++) {
            Memory.set(y + 4L * i, (float) ReferenceDevice.unary(function, Memory.get(x + 4L * i)));
        }
    }
}
