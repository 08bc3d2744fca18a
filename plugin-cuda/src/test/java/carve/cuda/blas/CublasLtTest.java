package carve.cuda.blas;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.ReferenceDevice;
import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Tape;
import carve.api.tensor.Tensor;
import carve.cuda.CudaConfig;
import carve.cuda.CudaDevice;
import carve.cuda.EmulatedDriver;
import carve.cuda.EmulatorCompiler;
import carve.cuda.driver.NativeLibrary;
import carve.cuda.gpu.MatmulPrecision;
import carve.testkit.RandomTensors;
import carve.testkit.TensorAssertions;
import carve.testkit.Tolerance;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Biases are added by cuBLASLt as it writes a product, or by a kernel where it has no algorithm, with the same result. */
final class CublasLtTest {
    private static final long STREAM = 2;

    private NativeLibrary products;
    private NativeLibrary biases;

    @BeforeEach
    void playLibraries() throws Exception {
        EmulatorCompiler.isNeeded();
        String folder = EmulatorCompiler.played("libcublas.cpp", "libcublas.so.13")
                .getParent()
                .toString();
        products = NativeLibrary.find("libcublas", folder).orElseThrow();
        Path path = EmulatorCompiler.played("libcublasLt.cpp", "libcublasLt.so.13");
        biases = NativeLibrary.find("libcublasLt", path.getParent().toString()).orElseThrow();
    }

    private CudaDevice open(MatmulPrecision how, boolean workspace) {
        var driver = new EmulatedDriver();
        long memory = workspace ? driver.allocate(CublasLt.WORKSPACE_BYTES) : 0;
        return new CudaDevice(
                driver, new EmulatorCompiler(), new CudaConfig(0, how, true, false, "", ""), (gpuStream, own) -> {
                    var biased = new CublasLt(biases, STREAM, gpuStream::flush, how, memory);
                    return new CublasBlas(products, STREAM, gpuStream::flush, how, Optional.of(biased));
                });
    }

    private int count(String function) {
        return NativeLibrary.call(biases.function(function));
    }

    // of more rows than the kernel for few takes
    private static Tensor linear(Device device, int rows, int k, int n, DType weights) {
        return Linear.apply(
                RandomTensors.seeded().normal(device, "x", rows, k),
                RandomTensors.seeded().normal(device, "w", n, k).cast(weights),
                RandomTensors.seeded().normal(device, "bias", n).cast(weights));
    }

    private void agrees(CudaDevice device, int rows, int k, int n, DType weights, double ratio) {
        try (Device reference = new ReferenceDevice()) {
            TensorAssertions.assertClose(
                    "sum", linear(reference, rows, k, n, weights), linear(device, rows, k, n, weights), ratio);
        }
    }

    @Test
    void biasIsAddedToEachRow() {
        try (CudaDevice device = open(MatmulPrecision.F32, true)) {
            int before = count("played_products");
            agrees(device, 13, 64, 7, DType.F32, Tolerance.REDUCTION);
            agrees(device, 65, 200, 63, DType.F32, Tolerance.REDUCTION);
            agrees(device, 13, 64, 7, DType.BF16, Tolerance.REDUCTION);
            assertEquals(before + 3, count("played_products"));
        }
    }

    @Test
    void weightsInBf16RoundTheOtherOperandWhereAskedFor() {
        for (var how : List.of(MatmulPrecision.BF16, MatmulPrecision.MIXED)) {
            try (CudaDevice device = open(how, true)) {
                int before = count("played_products");
                agrees(device, 13, 64, 7, DType.BF16, Tolerance.BF16_FORWARD);
                assertEquals(before + 1, count("played_products"));
            }
        }
        try (CudaDevice device = open(MatmulPrecision.TF32, true)) {
            agrees(device, 13, 64, 7, DType.F32, Tolerance.REDUCTION);
        }
    }

    @Test
    void algorithmIsChosenOnceForAShape() {
        try (CudaDevice device = open(MatmulPrecision.F32, true)) {
            int before = count("played_choices");
            for (int i = 0; i < 3; i++) {
                agrees(device, 13, 64, 7, DType.F32, Tolerance.REDUCTION);
                agrees(device, 14, 64, 7, DType.F32, Tolerance.REDUCTION);
            }
            assertEquals(before + 2, count("played_choices"));
        }
    }

    @Test
    void shapesWithoutAnAlgorithmHaveTheirBiasFromAKernel() {
        try (CudaDevice device = open(MatmulPrecision.F32, true);
                CudaDevice without = open(MatmulPrecision.F32, false)) {
            int before = count("played_products");
            agrees(device, 13, 65, 7, DType.F32, Tolerance.REDUCTION);
            agrees(without, 13, 64, 7, DType.F32, Tolerance.REDUCTION);
            assertEquals(before, count("played_products"));
        }
    }

    @Test
    void gradientsAreThoseOfTheKernel() {
        try (Device reference = new ReferenceDevice();
                CudaDevice device = open(MatmulPrecision.F32, true)) {
            for (int operand = 0; operand < 3; operand++) {
                TensorAssertions.assertClose(
                        "operand " + operand,
                        gradient(reference, operand),
                        gradient(device, operand),
                        Tolerance.REDUCTION);
            }
        }
    }

    private static Tensor gradient(Device device, int operand) {
        var tape = new Tape();
        List<Tensor> operands = List.of(
                tape.watch(RandomTensors.seeded().normal(device, "x", 13, 64)),
                tape.watch(RandomTensors.seeded().normal(device, "w", 7, 64)),
                tape.watch(RandomTensors.seeded().normal(device, "bias", 7)));
        Tensor y = Linear.apply(operands.get(0), operands.get(1), operands.get(2));
        return tape.gradients(List.of(y), List.of(RandomTensors.seeded().normal(device, "dy", 13, 7)), operands)
                .get(operand);
    }

    @Test
    void everythingIsGivenBackAlsoOfManyShapes() {
        int before = count("played_alive");
        try (CudaDevice device = open(MatmulPrecision.F32, true)) {
            for (int rows = 9; rows < 80; rows++) {
                linear(device, rows, 4, 3, DType.F32).floats();
            }
        }
        assertEquals(before, count("played_alive"));
    }
}
