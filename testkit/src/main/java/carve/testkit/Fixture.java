package carve.testkit;

import carve.api.checkpoint.DTypeConversion;
import carve.api.device.Device;
import carve.api.json.Json;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.runtime.safetensors.SafeTensorsFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * A file of inputs, weights and results of the official code in float32, with the results of the same computation in
 * float64 where there is a twin.
 *
 * <p>Names begin with {@code in.}, {@code w.} or {@code out.}. The reference is the twin. The allowed error is ten
 * times that of the official float32 run, by kind of result, from {@code f32_vs_f64.json}; gradients of short vectors
 * have a floor.
 *
 * <pre>{@code
 * try (Fixture fixture = Fixture.open("mm_layers/internlm2_rmsnorm")) {
 *     Tensor x = fixture.tensor(device, "in.L7s0.x");
 *     fixture.assertAgrees("value", "out.L7s0.y", RmsNorm.apply(x, fixture.tensor(device, "w.weight"), 1e-5));
 * }
 * }</pre>
 */
public final class Fixture implements AutoCloseable {
    private static final double MAX_ERROR_FACTOR = 10;
    // the official float32 run of another model may by chance be nearer to the truth than float32 is
    private static final double SHORT_GRADIENT_FLOOR = 2e-5;
    private static final int SHORT = 16;

    private final String name;
    private final SafeTensorsFile file;
    private final Optional<SafeTensorsFile> f64File;

    private Fixture(String name, SafeTensorsFile file, Optional<SafeTensorsFile> twin) {
        this.name = name;
        this.file = file;
        this.f64File = twin;
    }

    /** Returns the fixture of a name such as {@code mm_layers/ssd_kernel}. */
    public static Fixture open(String name) {
        Path exact = folder().resolve(name + ".f64.safetensors");
        SafeTensorsFile file = SafeTensorsFile.open(folder().resolve(name + ".safetensors"));
        return new Fixture(
                name, file, Files.exists(exact) ? Optional.of(SafeTensorsFile.open(exact)) : Optional.empty());
    }

    /**
     * Returns the folder of the fixtures: the system property {@code carve.fixtures}, or {@code fixtures} in the folder of
     * the build or in the nearest folder above the working directory.
     */
    public static Path folder() {
        for (String property : new String[] {"carve.fixtures", "maven.multiModuleProjectDirectory"}) {
            String value = System.getProperty(property, "");
            if (!value.isBlank()) {
                Path path = Path.of(value);
                return property.equals("carve.fixtures") ? path : path.resolve("fixtures");
            }
        }
        Path start = Path.of("").toAbsolutePath();
        for (Path folder = start; folder != null; folder = folder.getParent()) {
            if (Files.exists(folder.resolve("fixtures").resolve("f32_vs_f64.json"))) {
                return folder.resolve("fixtures");
            }
        }
        throw new IllegalStateException(
                "no folder 'fixtures' in %s or above it; name it with -Dcarve.fixtures=PATH".formatted(start));
    }

    /** Returns the names of its tensors. */
    public Set<String> names() {
        return file.names();
    }

    /** Returns the names of the tensors that {@link #reference} has values for. */
    public Set<String> referenceNames() {
        Set<String> names = new TreeSet<>(file.names());
        f64File.ifPresent(exact -> names.addAll(exact.names()));
        return names;
    }

    /** Returns its metadata: hyper-parameters and origin. */
    public Map<String, String> metadata() {
        return file.metadata();
    }

    /** Returns the shape of a tensor. */
    public Shape shape(String tensor) {
        return file.type(tensor).shape();
    }

    /** Returns the values of a floating-point tensor as the official float32 run had them. */
    public float[] floats(String tensor) {
        return DTypeConversion.floats(file.type(tensor).dtype(), file.data(tensor));
    }

    /** Returns the values of a whole-number tensor, of any width. */
    public int[] ints(String tensor) {
        return DTypeConversion.ints(file.type(tensor).dtype(), file.data(tensor));
    }

    /** Returns the float64 values of the twin, or the float32 values where the twin has none. */
    public double[] reference(String tensor) {
        SafeTensorsFile source =
                f64File.filter(exact -> exact.names().contains(tensor)).orElse(file);
        return DTypeConversion.doubles(source.type(tensor).dtype(), source.data(tensor));
    }

    /** Returns a tensor on a device; whole numbers become I32. */
    public Tensor tensor(Device device, String tensor) {
        TensorType type = file.type(tensor);
        return type.dtype().isFloating()
                ? Tensors.of(device, type.shape(), floats(tensor))
                : Tensors.of(device, type.shape(), ints(tensor));
    }

    /**
     * Returns the error of the official float32 run against the twin: the greatest {@code max|f32 - f64| / max|f64|} of
     * the tensors of a kind.
     *
     * @param kind {@code value}, {@code grad}, {@code loss}, {@code logits} or {@code norm}
     * @throws carve.api.json.JsonException if the file has no results of this kind
     */
    public double referenceError(String kind) {
        return Json.readObject(folder().resolve("f32_vs_f64.json"))
                .object("fixtures")
                .object(name)
                .object(kind)
                .real("worst_rel_to_max");
    }

    /** Asserts that a tensor has a result's shape and is at most ten times the official run's own error from the truth. */
    public void assertAgrees(String kind, String tensor, Tensor actual) {
        assertAgrees(kind, tensor, actual.shape(), TensorValues.of(actual));
    }

    /** Asserts that values have a result's shape and are at most ten times the official run's own error from the truth. */
    public void assertAgrees(String kind, String tensor, Shape shape, double[] actual) {
        if (!shape.equals(shape(tensor))) {
            throw new AssertionError(
                    "%s %s: shape %s expected, found %s".formatted(name, tensor, shape(tensor), shape));
        }
        TensorAssertions.assertMaxErrorWithin(
                name + " " + tensor, shape, reference(tensor), actual, limit(kind, shape));
    }

    /**
     * Returns the greatest error that is accepted, as a share of the greatest value: ten times that of the official run; for
     * the gradient of a vector of at most {@value #SHORT} elements, each of which sums over all positions, at least 2e-5.
     */
    double limit(String kind, Shape shape) {
        double official = MAX_ERROR_FACTOR * referenceError(kind);
        boolean isShortGradient = kind.equals("grad") && shape.rank() <= 1 && shape.size() <= SHORT;
        return isShortGradient ? Math.max(official, SHORT_GRADIENT_FLOOR) : official;
    }

    @Override
    public void close() {
        file.close();
        f64File.ifPresent(SafeTensorsFile::close);
    }

    @Override
    public String toString() {
        return name;
    }
}
