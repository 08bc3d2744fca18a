package carve.bench;

import carve.api.device.Device;
import carve.api.tensor.Tensor;

/**
 * An operand of an op along a sequence.
 *
 * @param name what it is called
 * @param low the least value
 * @param high the greatest value
 * @param hasPositions whether it is {@code (B, T, ...)}
 * @param shape its extents
 */
record Operand(String name, double low, double high, boolean hasPositions, int... shape) {
    /** Returns it on a device. */
    Tensor on(Device device) {
        return RandomTensors.uniform(device, name, low, high, shape);
    }

    /** Returns its first positions, if it has any, of a tensor like it. */
    Tensor first(Tensor tensor, int positions) {
        return hasPositions ? tensor.slice(1, 0, positions) : tensor;
    }
}
