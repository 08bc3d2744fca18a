package carve.cuda.driver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import carve.api.config.MapSettings;
import carve.api.config.SettingsException;
import carve.api.device.DeviceException;
import carve.api.device.Download;
import carve.api.op.RmsNorm;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import carve.cuda.CudaDevice;
import carve.cuda.CudaDeviceProvider;
import carve.cuda.CudaSelfTest;
import carve.cuda.DeviceTokenFeedTest;
import carve.cuda.DirectCudaBenchmark;
import carve.cuda.EmulatedDevices;
import carve.cuda.EmulatorCompiler;
import carve.cuda.RealGpu;
import carve.cuda.driver.DriverProbe.ProbeResult;
import carve.cuda.gpu.GpuProperties;
import carve.testkit.LoggedAssumptions;
import carve.testkit.RandomTensors;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** JCuda, real and whole, over a driver that a processor plays: that its functions get what they want. */
final class CudaGpuDriverTest {
    private static final GpuProperties CARD = new GpuProperties(RealGpu.EMULATED_NAME, "sm_90", 1L << 30, 64);

    private static String driver;

    @BeforeAll
    static void playDriver() throws Exception {
        EmulatorCompiler.isNeeded();
        LoggedAssumptions.assumeTrue(
                DriverProbe.probe("libcuda.so.1") instanceof ProbeResult.NoLibrary,
                "a driver of NVIDIA's is here, in whose place another cannot be put");
        driver = EmulatorCompiler.driver().toString();
        // Whoever asks for libcuda.so.1 from now on, as JCuda's native part does, gets this one.
        assertEquals(new ProbeResult.Devices(13000, List.of(CARD)), DriverProbe.probe(driver));
    }

    private static CudaDevice open(boolean graphs) {
        return EmulatedDevices.open(new CudaGpuDriver(0), graphs);
    }

    private static float[] generated(CudaDevice device, int step) {
        return Scope.run(device, () -> {
                    Tensor x = RandomTensors.seeded().normal(device, "x" + step, 3, 65);
                    Tensor w = RandomTensors.seeded().normal(device, "w", 65, 7);
                    Tensor scale = RandomTensors.seeded().normal(device, "scale", 65);
                    return RmsNorm.apply(x, scale, 1e-5).matmul(w).multiply(1 + step);
                })
                .floats();
    }

    @Test
    void describesTheCard() {
        var driverOfCard = new CudaGpuDriver(0);
        assertEquals(CARD, driverOfCard.properties());
        driverOfCard.close();
    }

    @Test
    void launchesCopiesAndGraphsGiveTheSameBits() {
        try (CudaDevice plain = EmulatedDevices.open();
                CudaDevice launched = open(false);
                CudaDevice replayed = open(true)) {
            for (int step = 0; step < 4; step++) {
                float[] expected = generated(plain, step);
                assertArrayEquals(expected, generated(launched, step));
                assertArrayEquals(expected, generated(replayed, step));
            }
        }
    }

    @Test
    void tokensThatComeLateAreTheSame() {
        try (CudaDevice plain = EmulatedDevices.open();
                CudaDevice launched = open(false);
                CudaDevice replayed = open(true)) {
            List<int[]> expected = DeviceTokenFeedTest.waited(plain);
            DeviceTokenFeedTest.assertSame(expected, DeviceTokenFeedTest.streamed(launched));
            DeviceTokenFeedTest.assertSame(expected, DeviceTokenFeedTest.streamed(replayed));
        }
    }

    @Test
    void fetchedComesWhenTheCardHasDoneAllBefore() {
        try (CudaDevice device = open(false)) {
            Tensor x = Tensors.of(device, Shape.of(2), 1f, 2f);
            Download few = x.multiply(3).downloadAsync();
            Download many = Tensors.full(device, Shape.of(2000), 5).downloadAsync();
            assertFalse(many.isDone());
            assertEquals(8000, many.await().byteSize());
            assertTrue(few.isDone(), "what was asked before came before");
            Download next = x.multiply(4).downloadAsync();
            assertFalse(next.isDone());
            assertArrayEquals(new float[] {3, 6}, few.await().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
            assertArrayEquals(new float[] {4, 8}, next.await().toArray(ValueLayout.JAVA_FLOAT_UNALIGNED));
        }
    }

    @Test
    @SuppressWarnings("restricted")
    void everythingIsGivenBack() {
        var played = new NativeLibrary(driver, SymbolLookup.libraryLookup(driver, Arena.global()));
        int before = NativeLibrary.call(played.function("played_alive"));
        try (CudaDevice device = open(true)) {
            for (int step = 0; step < 4; step++) {
                generated(device, step);
            }
            device.downloadAsync(Tensors.of(device, Shape.of(1), 1f));
            assertTrue(NativeLibrary.call(played.function("played_alive")) > before);
        }
        assertEquals(before, NativeLibrary.call(played.function("played_alive")));
    }

    @Test
    void valuesLargerThanStagingMemoryComeBack() {
        try (CudaDevice device = open(false)) {
            float[] values = new float[9 << 20];
            for (int i = 0; i < values.length; i++) {
                values[i] = i;
            }
            Tensor x = Tensors.of(device, Shape.of(values.length), values);
            assertArrayEquals(values, x.floats());
        }
    }

    @Test
    void memoryThatIsNotThereIsRefused() {
        try (CudaDevice device = open(false)) {
            var type = TensorType.f32(1 << 15, 1 << 15);
            var refusal = assertThrows(DeviceException.class, () -> Tensor.allocate(device, type));
            assertEquals(
                    "gpu: out of memory: tried to allocate 4.0 GiB; 0 KiB allocated by 0 tensors, 1.0 GiB of 1.0 GiB free on a processor that plays a card; reduce the batch size or the sequence length, or enable activation recomputation",
                    refusal.getMessage());
        }
    }

    @Test
    void deviceThatComputesAsItShouldPassesItsCheck() {
        try (CudaDevice device = open(false)) {
            CudaSelfTest.run(device);
        }
    }

    @Test
    void whatIsCalledDirectlyIsTimed() throws Exception {
        String folder = EmulatorCompiler.played("libcublas.cpp", "libcublas.so.13")
                .getParent()
                .toString();
        List<String> lines =
                DirectCudaBenchmark.lines(new CudaGpuDriver(0), NativeLibrary.find("libcublas", folder), 1 << 20, 13);
        List<String> cases = lines.stream()
                .map(line -> line.replaceAll("(value|median-millis)\":[0-9.]+", "$1\":0"))
                .toList();
        String by = "\",\"median-millis\":0,\"by\":\"";
        assertEquals(
                List.of(
                        "{\"case\":\"copy of 1 MiB\",\"value\":0,\"unit\":\"GB/s" + by
                                + "the driver called directly\"}",
                        "{\"case\":\"product of F32, 13 cubed\",\"value\":0,\"unit\":\"GFLOP/s" + by
                                + "cuBLAS called directly\"}",
                        "{\"case\":\"product of BF16, 13 cubed\",\"value\":0,\"unit\":\"GFLOP/s" + by
                                + "cuBLAS called directly\"}"),
                cases);
    }

    @Test
    void cardIsChosenByItsNumber() throws IOException {
        var provider = new CudaDeviceProvider(driver);
        // a machine without CUDA has no compiler, either
        String folder = EmulatorCompiler.played("libnvrtc.cpp", "libnvrtc.so.13")
                .getParent()
                .toString();
        var settings = MapSettings.of(Map.of("index", 1, "library-path", folder));
        var refusal = assertThrows(SettingsException.class, () -> provider.open(settings));
        assertTrue(refusal.getMessage().endsWith("key 'index' must be less than 1, is 1"), refusal::getMessage);
    }

    @Test
    void driversWordsAreTheMessage() {
        var refusal = assertThrows(DeviceException.class, () -> new CudaGpuDriver(5));
        assertEquals("cuda: cuDeviceGet returned 1 (invalid argument)", refusal.getMessage());
    }
}
