package carve.cuda.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import carve.api.device.DeviceException;
import carve.cuda.EmulatorCompiler;
import carve.cuda.driver.NativeLibrary;
import carve.cuda.gpu.KernelModules;
import carve.cuda.gpu.KernelSource;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** NVRTC's functions get what they want: from a library that has them, and says what it got. */
final class NvrtcCompilerTest {
    private Path library;
    private NvrtcCompiler compiler;

    @BeforeEach
    void playNvrtc() throws IOException {
        EmulatorCompiler.isNeeded();
        library = EmulatorCompiler.played("libnvrtc.cpp", "libnvrtc.so.13");
        compiler = NvrtcCompiler.find(library.getParent().toString()).orElseThrow();
    }

    private int programs() {
        NativeLibrary found =
                NativeLibrary.find("libnvrtc", library.getParent().toString()).orElseThrow();
        return NativeLibrary.call(found.function("played_programs"));
    }

    @Test
    void versionIsTheLibrarys() {
        assertEquals("NVRTC 13.7", compiler.version());
    }

    @Test
    void sourceOptionsAndHeaderReachTheCompiler() {
        byte[] image = compiler.compile(new KernelSource("a.cu", "text", List.of("-DTILES=2")), "sm_90");
        int header = KernelModules.sourceText(KernelModules.HEADER).getBytes(StandardCharsets.UTF_8).length;
        assertEquals(
                "a.cu text\n--gpu-architecture=sm_90\n--std=c++17\n-DTILES=2\ncarve.cuh of " + header,
                new String(image, StandardCharsets.UTF_8));
        assertEquals(0, programs());
    }

    @Test
    void compilersWordsAreTheMessage() {
        var refusal = assertThrows(
                DeviceException.class, () -> compiler.compile(new KernelSource("b.cu", "#error", List.of()), "sm_80"));
        assertEquals(
                "cuda: b.cu does not compile for sm_80 with NVRTC 13.7:%nb.cu(1): error: a mistake".formatted(),
                refusal.getMessage());
        assertEquals(0, programs());
    }
}
