package carve.cuda.blas;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

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
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** cuBLAS gets the right matrices in the right order: from a library that has its functions, and computes what they define. */
final class CublasBlasTest {
    private static final long STREAM = 2;

    private NativeLibrary nativeLibrary;

    @BeforeEach
    void playCublas() throws IOException {
        EmulatorCompiler.isNeeded();
        Path path = EmulatorCompiler.played("libcublas.cpp", "libcublas.so.13");
        nativeLibrary =
                NativeLibrary.find("libcublas", path.getParent().toString()).orElseThrow();
    }

    private CudaDevice open(MatmulPrecision matmulPrecision) {
        var config = new CudaConfig(0, matmulPrecision, true, false, "", "");
        return new CudaDevice(
                new EmulatedDriver(),
                new EmulatorCompiler(),
                config,
                (gpuStream, own) ->
                        new CublasBlas(nativeLibrary, STREAM, gpuStream::flush, matmulPrecision, Optional.empty()));
    }

    private int count(String function) {
        return NativeLibrary.call(nativeLibrary.function(function));
    }

    private void agrees(MatmulPrecision matmulPrecision, double ratio, Function<Device, Tensor> work) {
        try (Device reference = new ReferenceDevice();
                CudaDevice device = open(matmulPrecision)) {
            TensorAssertions.assertClose("product", work.apply(reference), work.apply(device), ratio);
        }
    }

    private static Tensor normal(Device device, String name, int... extents) {
        return RandomTensors.seeded().normal(device, name, extents);
    }

    @Test
    void everyTransposition() {
        for (boolean a : List.of(false, true)) {
            for (boolean b : List.of(false, true)) {
                agrees(MatmulPrecision.F32, Tolerance.REDUCTION, device -> {
                    Tensor left = a ? normal(device, "a", 13, 5) : normal(device, "a", 5, 13);
                    Tensor right = b ? normal(device, "b", 7, 13) : normal(device, "b", 13, 7);
                    return left.matmul(right, a, b);
                });
            }
        }
    }

    @Test
    void batchesOneAfterTheOther() {
        agrees(
                MatmulPrecision.F32,
                Tolerance.REDUCTION,
                device -> normal(device, "a", 2, 3, 5, 13).matmul(normal(device, "b", 2, 3, 13, 7)));
    }

    @Test
    void oneMatrixForAllBatches() {
        agrees(
                MatmulPrecision.F32,
                Tolerance.REDUCTION,
                device -> normal(device, "a", 3, 5, 13).matmul(normal(device, "b", 13, 7)));
    }

    @Test
    void narrowStorageIsReadAsItLies() {
        for (DType dtype : List.of(DType.BF16, DType.F16)) {
            agrees(
                    MatmulPrecision.F32,
                    Tolerance.BF16_FORWARD,
                    device -> normal(device, "a", 9, 65)
                            .cast(dtype)
                            .matmul(normal(device, "b", 65, 7).cast(dtype)));
        }
    }

    @Test
    void weightsInBf16RoundTheOtherOperandWhereAskedFor() {
        agrees(
                MatmulPrecision.BF16,
                Tolerance.BF16_FORWARD,
                device -> linear(device, normal(device, "w", 7, 65).cast(DType.BF16)));
    }

    @Test
    void weightsInBf16AreWidenedOtherwise() {
        agrees(
                MatmulPrecision.F32,
                Tolerance.REDUCTION,
                device -> linear(device, normal(device, "w", 7, 65).cast(DType.BF16)));
    }

    // of more rows than the kernel for few takes
    private static Tensor linear(Device device, Tensor weight) {
        return Linear.apply(normal(device, "x", 3, 13, 65), weight);
    }

    @Test
    void gradientsOfLinear() {
        for (int operand : List.of(0, 1)) {
            agrees(MatmulPrecision.F32, Tolerance.REDUCTION, device -> {
                var tape = new Tape();
                List<Tensor> operands =
                        List.of(tape.watch(normal(device, "x", 3, 13, 65)), tape.watch(normal(device, "w", 7, 65)));
                Tensor y = Linear.apply(operands.get(0), operands.get(1));
                return tape.gradients(List.of(y), List.of(normal(device, "dy", 3, 13, 7)), operands)
                        .get(operand);
            });
        }
    }

    @Test
    void tensorCoresAreUsedForF32OnlyWhenAskedFor() {
        int before = count("played_fast");
        agrees(
                MatmulPrecision.F32,
                Tolerance.REDUCTION,
                device -> normal(device, "a", 5, 13).matmul(normal(device, "b", 13, 7)));
        assertEquals(before, count("played_fast"));
        agrees(
                MatmulPrecision.TF32,
                Tolerance.REDUCTION,
                device -> normal(device, "a", 5, 13).matmul(normal(device, "b", 13, 7)));
        assertEquals(before + 1, count("played_fast"));
    }

    @Test
    void versionSaysWhichLibraryItIs() {
        assertTrue(CublasBlas.version(nativeLibrary).startsWith("cuBLAS 13.2 (/"));
        assertTrue(CublasBlas.version(nativeLibrary).endsWith("libcublas.so.13)"));
    }

    @Test
    void handleIsGivenBack() {
        CudaDevice device = open(MatmulPrecision.F32);
        assertEquals(1, count("played_handles"));
        device.close();
        assertEquals(0, count("played_handles"));
    }

    @Test
    void mixedStorageIsNotTaken() {
        try (CudaDevice device = open(MatmulPrecision.F32);
                var blas = new CublasBlas(nativeLibrary, STREAM, () -> {}, MatmulPrecision.F32, Optional.empty())) {
            assertTrue(blas.supportsInputs(1, 1));
            assertFalse(blas.supportsInputs(0, 1));
            assertEquals("cuda", device.name());
        }
    }
}
