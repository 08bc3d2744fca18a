package carve.testkit;

import carve.api.device.Device;
import carve.api.param.CounterRandom;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import java.util.stream.IntStream;

/**
 * Random tensors that depend on a seed and a name alone: the same bits on every device and in every order, see {@link
 * CounterRandom}.
 *
 * @param seed the random seed
 */
public record RandomTensors(long seed) {
    private static final long GOLDEN = 0x9E3779B97F4A7C15L;

    /** Returns the numbers of seed 42, which every test uses. */
    public static RandomTensors seeded() {
        return new RandomTensors(42);
    }

    /** Returns an F32 tensor of the standard normal distribution. */
    public Tensor normal(Device device, String name, int... extents) {
        return normal(device, name, TensorType.f32(extents));
    }

    /** Returns a tensor of a floating-point type of the standard normal distribution. */
    public Tensor normal(Device device, String name, TensorType type) {
        return TensorValues.upload(
                device, type, normals(name, Math.toIntExact(type.shape().size())));
    }

    /** Returns an F32 tensor of uniform values between two bounds. */
    public Tensor uniform(Device device, String name, double low, double high, int... extents) {
        TensorType type = TensorType.f32(extents);
        return TensorValues.upload(
                device,
                type,
                uniforms(name, low, high, Math.toIntExact(type.shape().size())));
    }

    /** Returns an I32 tensor of integers from 0 up to, not including, a bound. */
    public Tensor indices(Device device, String name, int bound, int... extents) {
        TensorType type = new TensorType(DType.I32, Shape.of(extents));
        return TensorValues.upload(
                device,
                type,
                integers(name, 0, bound, Math.toIntExact(type.shape().size())));
    }

    /** Returns values of the standard normal distribution. */
    public double[] normals(String name, int count) {
        CounterRandom random = new CounterRandom(seed, name);
        return IntStream.range(0, count).mapToDouble(random::normal).toArray();
    }

    /** Returns uniform values {@code low <= x < high}. */
    public double[] uniforms(String name, double low, double high, int count) {
        CounterRandom random = new CounterRandom(seed, name);
        return IntStream.range(0, count)
                .mapToDouble(i -> low + (high - low) * random.uniform(i))
                .toArray();
    }

    /** Returns integers {@code low <= n < high} as doubles. */
    public double[] integers(String name, int low, int high, int count) {
        CounterRandom random = new CounterRandom(seed, name);
        return IntStream.range(0, count)
                .mapToDouble(i -> low + random.below(i, high - low))
                .toArray();
    }
}
