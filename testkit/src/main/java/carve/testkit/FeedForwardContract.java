package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.model.FeedForward;
import carve.api.param.CounterRandom;
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * The laws of a feed-forward part: each position and each row of a batch is computed alone, gradients equal central differences,
 * exactly the declared parameters are read, and the same bits come out twice.
 *
 * <p>Each parameter has its initial value plus noise, so that no law holds only because a parameter is zero.
 *
 * <pre>{@code
 * final class MlpTest extends FeedForwardContract {
 *     @Override
 *     protected FeedForward feedForward() {
 *         return Mlp.swiGlu(hidden(), 13);
 *     }
 * }
 * }</pre>
 */
public abstract class FeedForwardContract {
    private static final RandomTensors RANDOMS = RandomTensors.seeded();

    /** Makes the contract. */
    protected FeedForwardContract() {}

    /** Returns the part under test, of width {@link #hidden}. */
    protected abstract FeedForward feedForward();

    /** Returns the width D that the part is tried with. */
    protected int hidden() {
        return 24;
    }

    /** Returns the values around which a parameter is tried, by default its initial ones. */
    protected Init initialValues(ParamSpec spec) {
        return spec.init();
    }

    /** Returns the device to try it on, new; the contract closes it. */
    protected Device open() {
        return new ReferenceDevice();
    }

    /**
     * Returns the comparison of gradients with central differences; override it where a part needs another step or tolerance,
     * and say why.
     */
    protected GradientCheck gradientCheck() {
        return GradientCheck.DEFAULT;
    }

    private interface Law {
        void check(Device device, FeedForward part, Params p);
    }

    private void holds(Law law) {
        try (AssertingDevice device = AssertingDevice.poisoning(open())) {
            Scope.run(device, () -> law.check(device, feedForward(), parameters(device)));
            assertEquals(0, device.openBuffers(), "buffers left behind");
        }
    }

    private Params parameters(Device device) {
        Map<String, Tensor> tensors = new TreeMap<>();
        for (ParamSpec spec : feedForward().parameters()) {
            float[] values = initialValues(spec).values(spec.shape(), new CounterRandom(42, spec.name()));
            double[] noise = RANDOMS.normals(spec.name(), values.length);
            for (int i = 0; i < values.length; i++) {
                values[i] += (float) (0.2 * noise[i]);
            }
            tensors.put(spec.name(), Tensors.of(device, spec.shape(), values));
        }
        return Params.of(tensors);
    }

    private Tensor input(Device device, String name, int batch, int positions) {
        return RANDOMS.normal(device, name, TensorType.f32(batch, positions, hidden()));
    }

    private static List<String> names(FeedForward part) {
        return part.parameters().stream().map(ParamSpec::name).toList();
    }

    /** The result has the type of the input and finite values. */
    @Test
    public void resultHasTheTypeOfTheInput() {
        holds((device, part, p) -> {
            for (int positions : new int[] {1, 5, 64}) {
                Tensor x = input(device, "x", 2, positions);
                Tensor y = part.apply(p, x);
                assertEquals(x.type(), y.type());
                assertTrue(Arrays.stream(TensorValues.of(y)).allMatch(Double::isFinite), "finite values");
            }
        });
    }

    /** Another value at one position changes that position's result and no bit of the others, of this row and other rows. */
    @Test
    public void eachPositionIsComputedAlone() {
        holds((device, part, p) -> {
            Tensor x = input(device, "x", 1, 13);
            Tensor y = part.apply(p, x);
            for (int t : new int[] {0, 5, 12}) {
                Tensor other = input(device, "other", 1, 1);
                Tensor changed =
                        part.apply(p, Tensors.concat(1, List.of(x.slice(1, 0, t), other, x.slice(1, t + 1, 13))));
                TensorAssertions.assertBitwiseEqual("positions before " + t, y.slice(1, 0, t), changed.slice(1, 0, t));
                TensorAssertions.assertBitwiseEqual(
                        "positions after " + t, y.slice(1, t + 1, 13), changed.slice(1, t + 1, 13));
                assertFalse(
                        Arrays.equals(
                                y.slice(1, t, t + 1).floats(),
                                changed.slice(1, t, t + 1).floats()),
                        "position " + t + " does not depend on itself");
            }
        });
    }

    /** A row of a batch is, bit for bit, what it is alone, and so is a position. */
    @Test
    public void rowsOfABatchAreIndependent() {
        holds((device, part, p) -> {
            Tensor x = input(device, "x", 3, 5);
            Tensor y = part.apply(p, x);
            for (int b = 0; b < 3; b++) {
                Tensor row = x.slice(0, b, b + 1);
                TensorAssertions.assertBitwiseEqual("row " + b, y.slice(0, b, b + 1), part.apply(p, row));
                TensorAssertions.assertBitwiseEqual(
                        "position 2 of row " + b,
                        y.slice(0, b, b + 1).slice(1, 2, 3),
                        part.apply(p, row.slice(1, 2, 3)));
            }
        });
    }

    /** The gradients of the input and of every parameter equal central differences. */
    @Test
    public void gradientsEqualCentralDifferences() {
        holds((device, part, p) -> {
            List<String> names = names(part);
            List<Tensor> operands = new ArrayList<>(List.of(input(device, "x", 2, 3)));
            names.forEach(name -> operands.add(p.get(name)));
            gradientCheck().assertSampledGradients("x, " + String.join(", ", names), operands, in -> {
                Map<String, Tensor> given = new TreeMap<>();
                names.forEach(name -> given.put(name, in.get(1 + names.indexOf(name))));
                return List.of(part.apply(Params.of(given), in.getFirst()));
            });
        });
    }

    /** Exactly the declared parameters are read, and names are declared once. */
    @Test
    public void readsExactlyTheDeclaredParameters() {
        holds((device, part, p) -> {
            TreeSet<String> declared = new TreeSet<>(names(part));
            assertEquals(part.parameters().size(), declared.size(), "distinct names");
            TreeSet<String> read = new TreeSet<>();
            part.apply(
                    name -> {
                        assertTrue(
                                declared.contains(name), () -> "reads '%s', declared are %s".formatted(name, declared));
                        read.add(name);
                        return p.get(name);
                    },
                    input(device, "x", 2, 5));
            assertEquals(declared, read, "read parameters");
        });
    }

    /** The same input gives the same bits again. */
    @Test
    public void sameBitsTwice() {
        holds((device, part, p) -> {
            Tensor x = input(device, "x", 2, 64);
            TensorAssertions.assertBitwiseEqual("again", part.apply(p, x), part.apply(p, x));
        });
    }

    /** Equal hyper-parameters make equal parts. */
    @Test
    public void attributesAreThePart() {
        assertEquals(feedForward(), feedForward(), "a part is a record of its attributes");
        assertEquals(feedForward().hashCode(), feedForward().hashCode(), "hash code");
        assertTrue(feedForward().exists(), "a part that exists");
    }
}
