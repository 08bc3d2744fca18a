package carve.cuda.compile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.DeviceException;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensors;
import carve.cuda.CudaConfig;
import carve.cuda.CudaDevice;
import carve.cuda.EmulatedDriver;
import carve.cuda.EmulatorCompiler;
import carve.cuda.gpu.KernelCompiler;
import carve.cuda.gpu.KernelModules;
import carve.cuda.gpu.KernelSource;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class PrebuiltCompilerTest {
    private static final KernelSource SOURCE = new KernelSource("a.cu", "text", List.of("-DTILES=2"));

    /** Compiles everything to one word. */
    private record Other(boolean isAvailable) implements KernelCompiler {
        @Override
        public String version() {
            return "another";
        }

        @Override
        public byte[] compile(KernelSource kernelSource, String architecture) {
            return bytes("compiled");
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static PrebuiltCompiler packed(KernelCompiler other) {
        Map<String, byte[]> files =
                Map.of("architectures", bytes("80 90\n"), "a-" + SOURCE.digest() + ".fatbin", bytes("packed"));
        return new PrebuiltCompiler(other, file -> Optional.ofNullable(files.get(file)));
    }

    private static String image(KernelCompiler other, KernelSource kernelSource, String architecture) {
        return new String(packed(other).compile(kernelSource, architecture), StandardCharsets.UTF_8);
    }

    @Test
    void whatWasPackedForTheCardIsTaken() {
        assertEquals("packed", image(new Other(true), SOURCE, "sm_90"));
        assertEquals("packed", image(new Other(true), SOURCE, "sm_80"));
        assertEquals("packed", image(new Other(true), SOURCE, "sm_86"));
    }

    @Test
    void otherGenerationsAreCompiledFor() {
        assertEquals("compiled", image(new Other(true), SOURCE, "sm_75"));
        assertEquals("compiled", image(new Other(true), SOURCE, "sm_100"));
        assertEquals("compiled", image(new Other(true), SOURCE, "sm_120"));
    }

    @Test
    void withoutACompilerTheDriverGetsWhatWasPacked() {
        assertEquals("packed", image(new Other(false), SOURCE, "sm_120"));
    }

    @Test
    void otherTextOrOptionsAreNotWhatWasPacked() {
        assertEquals("compiled", image(new Other(true), new KernelSource("a.cu", "text", List.of()), "sm_90"));
        assertEquals("compiled", image(new Other(true), new KernelSource("a.cu", "texts", SOURCE.options()), "sm_90"));
    }

    @Test
    void nothingPackedAndNoCompilerIsRefused() {
        var compiler = new PrebuiltCompiler(new MissingCompiler(), file -> Optional.empty());
        var refusal = assertThrows(DeviceException.class, () -> compiler.compile(SOURCE, "sm_90"));
        assertEquals(
                "cuda: no prebuilt kernel a.cu for sm_90, and no compiler found; install NVRTC", refusal.getMessage());
    }

    @Test
    void versionSaysWhatIsPacked() {
        assertEquals(
                "prebuilt kernels for sm_80, sm_90; another",
                packed(new Other(true)).version());
        assertEquals("another", new PrebuiltCompiler(new Other(true), file -> Optional.empty()).version());
    }

    @Test
    void deviceRunsWhatWasPacked() {
        EmulatorCompiler.isNeeded();
        var kernelSource = new KernelSource("elementwise.cu", KernelModules.sourceText("elementwise.cu"), List.of());
        byte[] image = new EmulatorCompiler().compile(kernelSource, "host");
        Map<String, byte[]> files =
                Map.of("architectures", bytes("90"), "elementwise-" + kernelSource.digest() + ".fatbin", image);
        var compiler = new PrebuiltCompiler(new MissingCompiler(), file -> Optional.ofNullable(files.get(file)));
        var config = CudaConfig.defaults();
        try (var device = new CudaDevice(new EmulatedDriver(), compiler, config, (gpuStream, own) -> own)) {
            var x = Tensors.of(device, Shape.of(2), 1f, 2f);
            assertArrayEquals(new float[] {2, 4}, x.add(x).floats());
        }
    }
}
