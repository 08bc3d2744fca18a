package carve.bench;

import carve.api.device.Device;
import carve.api.param.CounterRandom;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;

/** Random operands: the same in every run. */
final class RandomTensors {
    private static final long SEED = 42;

    private RandomTensors() {}

    /** Returns an F32 tensor of numbers between two bounds. */
    static Tensor uniform(Device device, String name, double low, double high, int... extents) {
        CounterRandom random = new CounterRandom(SEED, name);
        Shape shape = Shape.of(extents);
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (low + (high - low) * random.uniform(i));
        }
        return Tensors.of(device, shape, values);
    }
}
