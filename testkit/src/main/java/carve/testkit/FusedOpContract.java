package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Scope;
import carve.api.tensor.ShapeException;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * The laws of a plugin's fused op: its definition has the declared result types and gradients, and refuses other
 * operands. The values that it computes are for another test to check.
 *
 * <pre>{@code
 * final class SquareTest extends FusedOpContract {
 *     @Override
 *     protected FusedOp op() {
 *         return new Square();
 *     }
 *
 *     @Override
 *     protected List<Tensor> operands(Device device) {
 *         return List.of(RandomTensors.seeded().normal(device, "x", 2, 5));
 *     }
 * }
 * }</pre>
 */
public abstract class FusedOpContract {
    /** Makes the contract. */
    protected FusedOpContract() {}

    /** Returns the op under test; each call makes another, equal one. */
    protected abstract FusedOp op();

    /** Returns operands that fit the op; few, since gradients are compared with central differences. */
    protected abstract List<Tensor> operands(Device device);

    /** Returns the device to try it on, new; the contract closes it. */
    protected Device open() {
        return new ReferenceDevice();
    }

    private interface Law {
        void check(FusedOp op, List<Tensor> operands);
    }

    private void holds(Law law) {
        try (AssertingDevice device = AssertingDevice.poisoning(open())) {
            Scope.run(device, () -> law.check(op(), operands(device)));
            assertEquals(0, device.openBuffers(), "leaked buffers");
        }
    }

    /**
     * Returns the comparison of gradients with central differences; override it where an op needs another step or
     * tolerance, and say why.
     */
    protected GradientCheck gradientCheck() {
        return GradientCheck.DEFAULT;
    }

    /** The name is lower-case words with dashes, and ops of equal attributes are equal. */
    @Test
    public void nameAndAttributesAreTheOp() {
        assertTrue(op().name().matches("[a-z][a-z0-9-]*"), op().name());
        assertEquals(op(), op(), "an op is a record of its attributes");
        assertEquals(op().hashCode(), op().hashCode(), "hash code");
    }

    /** Results have the declared types and are finite; the same bits twice. */
    @Test
    public void resultsHaveTheTypesThatItSays() {
        holds((op, operands) -> {
            List<Tensor> results = Tensors.apply(op, operands);
            assertEquals(op.results(types(operands)), types(results));
            List<Tensor> again = Tensors.apply(op, operands);
            for (int i = 0; i < results.size(); i++) {
                assertTrue(Arrays.stream(TensorValues.of(results.get(i))).allMatch(Double::isFinite), "result " + i);
                TensorAssertions.assertBitwiseEqual("result " + i, results.get(i), again.get(i));
            }
        });
    }

    /** The gradient of every floating-point operand is what central differences give. */
    @Test
    public void gradientsEqualCentralDifferences() {
        holds((op, operands) -> {
            List<Integer> floating = IntStream.range(0, operands.size())
                    .filter(i -> operands.get(i).dtype() == DType.F32)
                    .boxed()
                    .toList();
            gradientCheck().assertGradients(op.name(), operands, floating, in -> Tensors.apply(op, in));
        });
    }

    /** Operands that do not fit are refused, by name, before anything is computed: too few, or one of another rank. */
    @Test
    public void refusesOperandsThatDoNotFit() {
        holds((op, operands) -> {
            List<TensorType> types = types(operands);
            refuses(op, types.subList(0, types.size() - 1));
            for (int i = 0; i < types.size(); i++) {
                List<TensorType> other = new ArrayList<>(types);
                other.set(i, types.get(i).with(types.get(i).shape().append(1)));
                refuses(op, other);
            }
        });
    }

    private static void refuses(FusedOp op, List<TensorType> types) {
        ShapeException refusal = assertThrows(ShapeException.class, () -> op.results(types), types::toString);
        assertTrue(refusal.getMessage().startsWith(op.name() + ": "), refusal.getMessage());
    }

    private static List<TensorType> types(List<Tensor> tensors) {
        return tensors.stream().map(Tensor::type).toList();
    }
}
