package carve.cuda.kernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.DecayScan;
import carve.api.op.SequenceLayout;
import carve.api.op.SoftmaxAttention;
import carve.api.tensor.DType;
import carve.api.tensor.FusedOp;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import carve.cuda.CudaConfig;
import carve.cuda.CudaDevice;
import carve.cuda.EmulatedDriver;
import carve.cuda.EmulatorCompiler;
import carve.cuda.FusedOpResults;
import carve.cuda.gpu.MatmulPrecision;
import carve.testkit.TensorAssertions;
import carve.testkit.Tolerance;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Products on tensor cores, whose fragments the processor plays as the PTX manual lays them out. */
final class TensorCoreTest {
    private static final double TF32 = 1e-3; // 10 bits of fraction, a few roundings

    private static CudaDevice open(MatmulPrecision matmulPrecision) {
        EmulatorCompiler.isNeeded();
        var config = new CudaConfig(0, matmulPrecision, false, false, "", "");
        return new CudaDevice(new EmulatedDriver(), new EmulatorCompiler(), config, (gpuStream, own) -> own);
    }

    // numbers that BF16 and TF32 hold exactly, so that sums are exact as well
    private static Tensor whole(Device device, DType dtype, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) {
            values[i] = (i * 7 + i / columns * 3) % 11 - 5;
        }
        return Tensors.of(device, Shape.of(rows, columns), values).cast(dtype);
    }

    private static float[] products(Device device, DType dtype) {
        List<Float> all = new ArrayList<>();
        for (boolean a : List.of(false, true)) {
            for (boolean b : List.of(false, true)) {
                for (int k : new int[] {1, 33}) {
                    Tensor left = a ? whole(device, dtype, k, 65) : whole(device, dtype, 65, k);
                    Tensor right = b ? whole(device, dtype, 13, k) : whole(device, dtype, k, 13);
                    for (float value : left.matmul(right, a, b).floats()) {
                        all.add(value);
                    }
                }
            }
        }
        float[] values = new float[all.size()];
        IntStream.range(0, values.length).forEach(i -> values[i] = all.get(i));
        return values;
    }

    @Test
    void productsOfWholeNumbersAreExact() {
        try (Device reference = new ReferenceDevice();
                Device bf16 = open(MatmulPrecision.BF16);
                Device tf32 = open(MatmulPrecision.TF32)) {
            assertArrayEquals(products(reference, DType.BF16), products(bf16, DType.BF16));
            assertArrayEquals(products(reference, DType.F32), products(tf32, DType.F32));
        }
    }

    @Test
    void attentionAgrees() {
        for (int width : new int[] {13, 80}) {
            int positions = 66;
            var op = new SoftmaxAttention(1 / Math.sqrt(width), true, positions, SequenceLayout.unpadded(1, positions));
            agrees(
                    op,
                    FusedOpResults.NONE,
                    Shape.of(1, positions, 2, width),
                    Shape.of(1, positions, 1, width),
                    Shape.of(1, positions, 1, width));
        }
    }

    @Test
    void scanAgrees() {
        int positions = 70;
        agrees(
                new DecayScan(SequenceLayout.packed(0, 3, positions)),
                DecayScan.G,
                Shape.of(1, positions, 2, 13),
                Shape.of(1, positions, 1, 13),
                Shape.of(1, positions, 2, 65),
                Shape.of(1, positions, 2),
                Shape.of(1, positions, 2),
                Shape.of(2, 2, 65, 13));
    }

    private static void agrees(FusedOp op, int decay, Shape... shapes) {
        try (Device reference = new ReferenceDevice()) {
            List<Tensor> expected = FusedOpResults.resultsAndGradients(reference, op, decay, shapes);
            agrees(expected, op, decay, MatmulPrecision.TF32, TF32, shapes);
            agrees(expected, op, decay, MatmulPrecision.BF16, Tolerance.BF16_GRADIENT, shapes);
        }
    }

    private static void agrees(
            List<Tensor> expected,
            FusedOp op,
            int decay,
            MatmulPrecision matmulPrecision,
            double ratio,
            Shape... shapes) {
        try (Device device = open(matmulPrecision)) {
            List<Tensor> actual = FusedOpResults.resultsAndGradients(device, op, decay, shapes);
            for (int i = 0; i < expected.size(); i++) {
                TensorAssertions.assertClose(matmulPrecision + " tensor " + i, expected.get(i), actual.get(i), ratio);
            }
            assertEquals(
                    "kernel",
                    device.context().kernels().choices().get(op.name()).split(" ")[0]);
        }
    }
}
