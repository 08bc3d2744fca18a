package carve.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.config.MapSettings;
import carve.api.device.Availability;
import carve.api.device.Availability.Available;
import carve.api.device.Availability.Unavailable;
import carve.api.device.DeviceException;
import carve.api.device.DeviceProvider;
import carve.cuda.compile.MissingCompiler;
import carve.cuda.compile.PrebuiltCompiler;
import carve.cuda.driver.DriverProbe.ProbeResult;
import carve.cuda.gpu.GpuProperties;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class CudaDeviceProviderTest {
    private static final GpuProperties CARD = new GpuProperties("NVIDIA H200", "sm_90", 150754820096L, 132);
    private static final CudaToolkit NONE =
            new CudaToolkit(new MissingCompiler(), false, Optional.empty(), Optional.empty());
    private static final CudaToolkit PACKED =
            new CudaToolkit(new MissingCompiler(), true, Optional.empty(), Optional.empty());

    @Test
    void moduleProvidesIt() {
        var provides = CudaDeviceProvider.class.getModule().getDescriptor().provides().stream()
                .filter(service -> service.service().equals(DeviceProvider.class.getName()))
                .flatMap(service -> service.providers().stream())
                .toList();
        assertEquals(List.of(CudaDeviceProvider.class.getName()), provides);
    }

    @Test
    void missingDriverIsTheReason() {
        assertEquals(
                new Unavailable("no NVIDIA driver: libnowhere.so.1 was not found on this machine"),
                new CudaDeviceProvider("libnowhere.so.1").probe());
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void libraryOfAnotherKindIsNoDriver() {
        assertEquals(
                new Unavailable("no NVIDIA driver: libm.so.6 has no function cuInit"),
                new CudaDeviceProvider("libm.so.6").probe());
    }

    @Test
    void openingRefusesWithTheReason() {
        var provider = new CudaDeviceProvider("libnowhere.so.1");
        var settings = MapSettings.of(Map.of());
        var refusal = assertThrows(DeviceException.class, () -> provider.open(settings));
        assertEquals(
                "device 'cuda' is not available: no NVIDIA driver: libnowhere.so.1 was not found on this machine",
                refusal.getMessage());
    }

    private static String reason(ProbeResult probeResult) {
        return ((Unavailable) CudaDeviceProvider.availability(probeResult, () -> NONE)).reason();
    }

    @Test
    void driverSpeaksForItself() {
        assertEquals(
                "the NVIDIA driver reports no usable device: cuInit returned 100 (no CUDA-capable device is detected)",
                reason(new ProbeResult.DriverError("cuInit", 100, "no CUDA-capable device is detected")));
        assertEquals(
                "the NVIDIA driver (CUDA 12.4) finds no device", reason(new ProbeResult.Devices(12040, List.of())));
    }

    @Test
    void toolsAreNotLookedForWithoutACard() {
        var found = CudaDeviceProvider.availability(new ProbeResult.NoLibrary("x"), () -> {
            throw new AssertionError("nothing to look for");
        });
        assertEquals(new Unavailable("no NVIDIA driver: x was not found on this machine"), found);
    }

    private static Availability found(GpuProperties gpuProperties, CudaToolkit cudaToolkit) {
        return CudaDeviceProvider.availability(
                new ProbeResult.Devices(13000, List.of(gpuProperties)), () -> cudaToolkit);
    }

    @Test
    void cardWithoutACompilerIsNotEnough() {
        String refusal =
                ", CUDA 13.0: no kernel compiler found; install NVRTC (libnvrtc.so.12 or .13) or set carve.devices.cuda.library-path";
        assertEquals(new Unavailable("NVIDIA H200 (sm_90, 140.4 GiB)" + refusal), found(CARD, NONE));
        var old = new GpuProperties("NVIDIA T4", "sm_75", 16L << 30, 40);
        assertEquals(new Unavailable("NVIDIA T4 (sm_75, 16.0 GiB)" + refusal), found(old, PACKED));
    }

    @Test
    void currentCardIsTakenBeforeTheProcessor() {
        assertEquals(1000, rank(CARD));
        assertEquals(90, rank(new GpuProperties("NVIDIA RTX A500", "sm_86", 2L << 30, 16)));
    }

    private static int rank(GpuProperties gpuProperties) {
        return ((Available) found(gpuProperties, PACKED)).priority();
    }

    @Test
    void descriptionSaysWhatComputes() {
        String packed = new PrebuiltCompiler(new MissingCompiler()).version();
        assertEquals(
                new Available(
                        1000,
                        "NVIDIA H200 (sm_90, 140.4 GiB), CUDA 13.0, " + packed
                                + ", matmul by built-in kernels (libcublas.so.12 or .13 not found)"),
                found(CARD, PACKED));
    }
}
