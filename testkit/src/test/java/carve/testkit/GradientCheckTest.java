package carve.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Tests that a wrong gradient is told apart from inaccurate central differences. */
final class GradientCheckTest {
    private final Device device = new ReferenceDevice();

    @AfterEach
    void close() {
        device.close();
    }

    private void check(GradientCheck check, float[] x, Function<Tensor, Tensor> f) {
        Tensor operand = Tensors.of(device, Shape.of(x.length), x);
        check.assertGradients("f", List.of(operand), in -> List.of(f.apply(in.getFirst())));
    }

    private String failure(GradientCheck check, float[] x, Function<Tensor, Tensor> f) {
        return assertThrows(AssertionError.class, () -> check(check, x, f)).getMessage();
    }

    // sin(20 x) has a third derivative of 8000 cos(20 x), so D(0.01) is off by 0.7 %
    private static Tensor wave(Tensor x) {
        return x.multiply(20).unary(carve.api.tensor.Op.UnaryFunction.SIN);
    }

    // half of the gradient is lost: the second factor is a constant of the tape's
    private static Tensor halfSquare(Tensor x) {
        return x.multiply(Tensors.of(x.device(), x.shape(), x.floats()));
    }

    @Test
    void aRightGradientOfACurvedFunctionPasses() {
        check(GradientCheck.DEFAULT, new float[] {0.1f, 0.7f, -1.3f}, GradientCheckTest::wave);
    }

    @Test
    void aWrongGradientIsToldFromCurvature() {
        String message = failure(GradientCheck.DEFAULT, new float[] {1, 2, -1}, GradientCheckTest::halfSquare);
        assertTrue(
                message.startsWith("f: gradient of operand 0 (3): rms of the difference ")
                        && message.contains("\ncentral differences with steps 0.01 and 0.005 differ by a ratio of ")
                        && message.endsWith(
                                ", so curvature and rounding are not the cause: the gradient is wrong, or the step crosses a kink"),
                message);
    }

    @Test
    void aStepThatDoesNotFitTheFunctionIsTold() {
        GradientCheck coarse = GradientCheck.DEFAULT.withStep(0.2);
        float[] x = {0.1f, 0.7f, -1.3f};
        String message = failure(coarse, x, GradientCheckTest::wave);
        assertTrue(
                message.endsWith(
                        ", so curvature (if a smaller step helps) or rounding (if a larger one does) may be the cause: override gradientCheck() to set step and tolerance"),
                message);
        check(coarse.withStep(0.005), x, GradientCheckTest::wave);
        check(coarse.withTolerance(10), x, GradientCheckTest::wave);
    }

    @Test
    void stepAndToleranceArePositive() {
        for (double value : new double[] {0, -1, Double.NaN}) {
            assertThrows(IllegalArgumentException.class, () -> GradientCheck.DEFAULT.withStep(value));
            assertEquals(
                    "gradient check: step and tolerance must be positive, found 0.01 and " + value,
                    assertThrows(IllegalArgumentException.class, () -> GradientCheck.DEFAULT.withTolerance(value))
                            .getMessage());
        }
    }
}
