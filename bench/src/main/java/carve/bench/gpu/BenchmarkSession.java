package carve.bench.gpu;

import carve.api.config.SettingsNode;
import carve.api.device.Device;
import carve.api.device.DeviceProvider;
import carve.api.param.CounterRandom;
import carve.api.tensor.DType;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.runtime.catalog.Catalogs;
import carve.runtime.model.ModelFolder;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * The device and settings that parts are measured with.
 *
 * @param catalogs all that is installed
 * @param device the name of the device
 * @param small whether shapes are those of a test rather than of published models
 * @param end the time of {@link System#nanoTime} after which nothing more is begun
 */
record BenchmarkSession(Catalogs catalogs, String device, boolean small, long end) {
    private static final int RUNS = 7;
    private static final int MOST_REPEATS = 64;
    private static final double ENOUGH_MILLIS = 10;
    private static final int ROWS = 64;
    private static final long SEED = 42;

    /** Opens the device; the settings are for CUDA, other devices have their defaults. */
    Device open(CudaSettings settings) {
        SettingsNode.Section section = device.equals("cuda")
                ? settings.section(System.getProperty("carve.cuda.libraries", ""))
                : new SettingsNode.Section(Map.of(), "report");
        return catalogs.devices().create(device, section, DeviceProvider::open);
    }

    /** Returns whether there is time for more. */
    boolean hasTimeLeft() {
        return System.nanoTime() < end;
    }

    /** Opens the folder of a model. */
    ModelFolder model(Path folder) {
        return ModelFolder.open(folder, catalogs.families().providers(), catalogs.mixerCatalog());
    }

    /** Returns one extent or another, for tests. */
    int size(int published, int test) {
        return small ? test : published;
    }

    /**
     * Returns lower quartile, median and upper quartile of the milliseconds of a body, warm. Short ones are asked for one after
     * the other before the host waits, as a model's operations are.
     */
    double[] millis(Device on, Runnable body) {
        once(on, body, 1);
        double first = once(on, body, 1);
        int repeats = (int) Math.clamp(ENOUGH_MILLIS / Math.max(1e-3, first), 1, MOST_REPEATS);
        return quartiles(IntStream.range(0, RUNS).mapToDouble(_ -> once(on, body, repeats)));
    }

    /** Returns lower quartile, median and upper quartile. */
    static double[] quartiles(DoubleStream values) {
        double[] all = values.sorted().toArray();
        return new double[] {all[all.length / 4], all[all.length / 2], all[all.length - 1 - all.length / 4]};
    }

    private static double once(Device on, Runnable body, int repeats) {
        on.synchronize();
        long start = System.nanoTime();
        for (int i = 0; i < repeats; i++) {
            Scope.run(on, body);
        }
        on.synchronize();
        return (System.nanoTime() - start) / 1e6 / repeats;
    }

    /** Returns normal numbers; few, repeated: making many takes the host longer than a card needs to use them. */
    static Tensor normal(Device on, String name, double scale, int... extents) {
        Shape shape = Shape.of(extents);
        int width = shape.extent(-1);
        int rows = (int) Math.min(ROWS, shape.size() / Math.max(1, width));
        float[] values = new float[rows * width];
        var random = new CounterRandom(SEED, name);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) (scale * random.normal(i));
        }
        int all = Math.toIntExact(shape.size() / width);
        int[] indices = IntStream.range(0, all).map(i -> i % rows).toArray();
        return Scope.run(
                        on,
                        () -> List.of(Tensors.of(on, Shape.of(rows, width), values)
                                .gather(Tensors.of(on, Shape.of(all), indices))
                                .reshape(shape)))
                .getFirst();
    }

    /** Returns normal numbers of another storage type. */
    static Tensor normal(Device on, String name, double scale, DType dtype, int... extents) {
        return Scope.run(on, () -> List.of(normal(on, name, scale, extents).cast(dtype)))
                .getFirst();
    }
}
