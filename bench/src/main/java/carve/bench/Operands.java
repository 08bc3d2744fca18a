package carve.bench;

import carve.api.device.Device;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.SplittableRandom;

/** Makes tensors of random values, the same in each run. */
record Operands(Device device, SplittableRandom random) {
    /** Returns values from minus a bound to the bound. */
    Tensor random(double bound, int... extents) {
        return between(-bound, bound, extents);
    }

    /** Returns values between two bounds. */
    Tensor between(double from, double to, int... extents) {
        Shape shape = Shape.of(extents);
        float[] values = new float[Math.toIntExact(shape.size())];
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(from, to);
        }
        return Tensors.of(device, shape, values);
    }

    /** Returns integers from 0 to below a bound. */
    Tensor integers(int bound, int... extents) {
        Shape shape = Shape.of(extents);
        return Tensors.of(device, shape, random.ints(shape.size(), 0, bound).toArray());
    }
}
