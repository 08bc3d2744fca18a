package carve.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.op.Linear;
import carve.api.tensor.DType;
import carve.api.tensor.Tensor;
import carve.cpu.CpuDevice;
import carve.cpu.TestTensors;
import carve.cpu.blas.LazyOneDnn;
import carve.cpu.blas.OneDnnEngine;
import carve.cpu.blas.OneDnnEngineTest;
import carve.cpu.config.CpuConfig;
import carve.cpu.memory.BufferPool;
import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.Casts;
import carve.cpu.thread.ThreadPool;
import carve.testkit.LoggedAssumptions;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Many rows times narrow weights in BF16, beside the same in F32. */
final class Bf16GemmTest {
    private static final int[][] SHAPES = {{65, 520, 256}, {130, 200, 352}, {513, 257, 64}, {1030, 33, 256}};

    private static CpuDevice device(int threads, CpuConfig.Bf16Mode bf16Mode) {
        return new CpuDevice(new CpuConfig(
                threads, CpuConfig.BlasMode.BUILTIN, bf16Mode, CpuConfig.MachineCodeMode.AUTO, true, 64, true));
    }

    private static void needsBf16() {
        try (OneDnnEngine library = OneDnnEngineTest.library()) {
            LoggedAssumptions.assumeTrue(library.supportsBf16(), "the processor has no instructions for BF16");
        }
    }

    private static float[] linear(Device device, int[] shape, DType weights) {
        SplittableRandom random = new SplittableRandom(42);
        Tensor x = TestTensors.random(random, -1, 1, shape[0], shape[2]).on(device);
        Tensor w =
                TestTensors.random(random, -1, 1, shape[1], shape[2]).on(device).cast(weights);
        Tensor b = TestTensors.random(random, -1, 1, shape[1]).on(device);
        return Linear.apply(x, w, b).floats();
    }

    @Test
    void narrowWeightsAgreeWithF32() {
        needsBf16();
        try (CpuDevice exact = device(2, CpuConfig.Bf16Mode.BUILTIN);
                CpuDevice fast = device(2, CpuConfig.Bf16Mode.ONEDNN)) {
            List<DType> narrow = new ArrayList<>(WeightTypes.quantised());
            narrow.add(DType.BF16);
            for (DType dtype : narrow) {
                for (int[] extents : SHAPES) {
                    int block = dtype.blockElements();
                    int[] shape = {extents[0], extents[1], (extents[2] + block - 1) / block * block};
                    float[] expected = linear(exact, shape, dtype);
                    float[] actual = linear(fast, shape, dtype);
                    TestTensors.assertClose(dtype + " " + Arrays.toString(shape), 5e-3, expected, actual);
                    assertFalse(Arrays.equals(expected, actual), "BF16 was not used");
                }
            }
        }
    }

    @Test
    void widerWeightsKeepTheirBits() {
        try (CpuDevice exact = device(2, CpuConfig.Bf16Mode.BUILTIN);
                CpuDevice fast = device(2, CpuConfig.Bf16Mode.AUTO)) {
            for (DType dtype : List.of(DType.F32, DType.F16)) {
                assertArrayEquals(linear(exact, SHAPES[0], dtype), linear(fast, SHAPES[0], dtype), dtype.toString());
            }
        }
    }

    @Test
    void bitsDoNotDependOnThreads() {
        needsBf16();
        try (CpuDevice one = device(1, CpuConfig.Bf16Mode.ONEDNN);
                CpuDevice five = device(5, CpuConfig.Bf16Mode.ONEDNN)) {
            for (DType dtype : List.of(DType.BF16, DType.Q8_0)) {
                assertArrayEquals(linear(one, SHAPES[3], dtype), linear(five, SHAPES[3], dtype), dtype.toString());
            }
        }
    }

    @Test
    void largeQuantisedWeightsAreWidenedInParts() {
        needsBf16();
        int[] shape = {65, 1040, 8192};
        try (CpuDevice exact = device(2, CpuConfig.Bf16Mode.BUILTIN);
                CpuDevice fast = device(2, CpuConfig.Bf16Mode.ONEDNN)) {
            TestTensors.assertClose("Q8_0", 5e-3, linear(exact, shape, DType.Q8_0), linear(fast, shape, DType.Q8_0));
        }
    }

    @Test
    void withoutTheLibraryBuiltinKernelsRun() {
        assertEquals("no jar", without(CpuConfig.Bf16Mode.AUTO));
        assertEquals(
                "cpu: bf16-gemm = onednn, but BF16 matrix products are not available: no jar; use bf16-gemm = auto",
                assertThrows(DeviceException.class, () -> without(CpuConfig.Bf16Mode.ONEDNN))
                        .getMessage());
    }

    private static String without(CpuConfig.Bf16Mode mode) {
        LazyOneDnn missing = new LazyOneDnn(() -> {
            throw new DeviceException("no jar");
        });
        try (ThreadPool threadPool = new ThreadPool(1);
                BufferPool bufferPool = new BufferPool(false)) {
            return new Bf16Gemm(mode, missing, threadPool, bufferPool).reasonAgainst();
        }
    }

    @Test
    void roundingIsToNearestEven() {
        float[] values = new float[67];
        for (int i = 0; i < values.length; i++) {
            values[i] = Float.intBitsToFloat(0x3F800000 + 0x4000 * i);
        }
        values[3] = Float.NaN;
        values[20] = Float.intBitsToFloat(0x7F800001);
        values[21] = Float.POSITIVE_INFINITY;
        values[22] = Float.NEGATIVE_INFINITY;
        values[23] = Float.MAX_VALUE;
        values[24] = Float.MIN_VALUE;
        try (Arena arena = Arena.ofConfined()) {
            long to = NativeMemory.allocate(arena, 2L * values.length);
            Casts.toBf16(values, to, values.length);
            for (int i = 0; i < values.length; i++) {
                Casts.set(DType.BF16, to + 2L * (values.length - 1), values[i]);
                float expected = NativeMemory.getBf16(to + 2L * (values.length - 1));
                assertEquals(
                        expected, i < values.length - 1 ? NativeMemory.getBf16(to + 2L * i) : expected, "value " + i);
            }
        }
    }
}
