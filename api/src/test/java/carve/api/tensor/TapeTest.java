package carve.api.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.Recompute;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TapeTest {
    private final Device device = new ReferenceDevice();

    @AfterEach
    void close() {
        device.close();
    }

    private Tensor vector(float... values) {
        return Tensors.of(device, Shape.of(values.length), values);
    }

    @Test
    void operandsDecideWhatIsWatched() {
        Tensor plain = vector(1, 2);
        Tensor watched = new Tape().watch(plain);
        assertTrue(watched.multiply(plain).tape().isPresent());
        assertFalse(plain.multiply(plain).tape().isPresent());
        assertFalse(watched.detach().exp().tape().isPresent());
        assertFalse(plain.tape().isPresent(), "watching makes another tensor");
    }

    @Test
    void gradientsComeInTheOrderAskedFor() {
        Tape tape = new Tape();
        Tensor a = tape.watch(vector(3, 4));
        Tensor b = tape.watch(vector(5, 6));
        Tensor unused = tape.watch(vector(7));
        List<Tensor> gradients = tape.gradients(a.multiply(b).sum(), List.of(b, unused, a));
        assertArrayEquals(new float[] {3, 4}, gradients.get(0).floats());
        assertArrayEquals(new float[] {0}, gradients.get(1).floats());
        assertArrayEquals(new float[] {5, 6}, gradients.get(2).floats());
        assertFalse(gradients.getFirst().tape().isPresent(), "gradients are not watched");
    }

    @Test
    void gradientsStopAtDetachedTensors() {
        Tape tape = new Tape();
        Tensor x = tape.watch(vector(3));
        assertArrayEquals(
                new float[] {3},
                tape.gradients(x.multiply(x.detach()).sum(), List.of(x))
                        .getFirst()
                        .floats());
    }

    @Test
    void gradientsOfInnerTensorsCanBeAskedFor() {
        Tape tape = new Tape();
        Tensor x = tape.watch(vector(3));
        Tensor square = x.multiply(x);
        Tensor loss = square.multiply(square).sum();
        assertArrayEquals(
                new float[] {18},
                tape.gradients(loss, List.of(square)).getFirst().floats());
        assertArrayEquals(
                new float[] {108}, tape.gradients(loss, List.of(x)).getFirst().floats(), "twice from one tape");
    }

    @Test
    void equalGreatestElementsShareTheGradient() {
        Tape tape = new Tape();
        Tensor x = tape.watch(vector(2, 5, 5, 1));
        assertArrayEquals(
                new float[] {0, 0.5f, 0.5f, 0},
                tape.gradients(x.max(0).sum(), List.of(x)).getFirst().floats());
    }

    @Test
    void maximumOfEqualsGivesTheFirstTheGradient() {
        Tape tape = new Tape();
        Tensor a = tape.watch(vector(2));
        Tensor b = tape.watch(vector(2));
        List<Tensor> gradients =
                tape.gradients(a.binary(Op.BinaryFunction.MAXIMUM, b).sum(), List.of(a, b));
        assertEquals(1, gradients.get(0).item() + gradients.get(1).item());
    }

    @Test
    void wrongUsesAreRefused() {
        Tape tape = new Tape();
        Tensor x = tape.watch(vector(1, 2));
        assertEquals(
                "gradients: a scalar expected, found F32 (2)",
                assertThrows(ShapeException.class, () -> tape.gradients(x, List.of(x)))
                        .getMessage());
        assertEquals(
                "the tensor is watched by a tape already; detach it first",
                assertThrows(IllegalArgumentException.class, () -> new Tape().watch(x))
                        .getMessage());
        Tensor other = new Tape().watch(vector(1, 2));
        assertEquals(
                "operands are watched by different tapes; detach one of them",
                assertThrows(IllegalArgumentException.class, () -> x.add(other)).getMessage());
    }

    @Test
    void recomputedBlocksUseNoWatchedTensorBesideTheirOperands() {
        Tensor x = vector(3);
        Tensor hidden = new Tape().watch(vector(2));
        FusedOp block =
                new Recompute(List.of(x.type()), in -> List.of(in.getFirst().multiply(hidden)));
        assertEquals(
                "recompute: the block uses a watched tensor that is not among its operands, and would lose its gradient; "
                        + "hand it over as an operand, or detach it",
                assertThrows(IllegalArgumentException.class, () -> Tensors.apply(block, x))
                        .getMessage());
    }

    @Test
    void clearedTapeHasForgotten() {
        Tape tape = new Tape();
        Tensor x = tape.watch(vector(3));
        Tensor loss = x.multiply(x).sum();
        tape.clear();
        assertArrayEquals(
                new float[] {0}, tape.gradients(loss, List.of(x)).getFirst().floats());
    }

    @Test
    void quantisedValuesAreNotWatched() {
        try (ReferenceDevice device = new ReferenceDevice()) {
            Tensor blocks = Tensors.ones(device, Shape.of(2, 32)).cast(DType.Q8_0);
            var error = assertThrows(ShapeException.class, () -> new Tape().watch(blocks));
            assertEquals(
                    "Q8_0 (2, 32) cannot be watched, quantised values have no gradient; cast to F32 first",
                    error.getMessage());
        }
    }
}
