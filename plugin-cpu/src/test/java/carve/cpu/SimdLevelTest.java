package carve.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.cpu.memory.NativeMemory;
import carve.cpu.simd.CpuFeatures;
import carve.testkit.LoggedAssumptions;
import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** On x86-64 kernels run with AVX2; with neither AVX2 nor AVX-512 the definitions do, and say so. */
final class SimdLevelTest {
    private static final String NO_CODE =
            "cpu: machine-code = required, but it is not available: needs x86-64 Linux with AVX-512; "
                    + "use machine-code = auto";

    private static List<String> trial(int avx) throws IOException, URISyntaxException, InterruptedException {
        LoggedAssumptions.assumeTrue(
                List.of("amd64", "x86_64").contains(System.getProperty("os.arch")) && NativeMemory.LANES > 4,
                "another JVM is to have fewer vectors than this one, which takes x86-64 with AVX2");
        Path tests =
                Path.of(SimdLevelMain.class.getResource("SimdLevelMain.class").toURI());
        String path = Stream.of(
                        tests.getParent().getParent().getParent().toString(),
                        System.getProperty("jdk.module.path", ""),
                        System.getProperty("java.class.path"))
                .filter(part -> !part.isEmpty())
                .collect(Collectors.joining(File.pathSeparator));
        Process process = new ProcessBuilder(List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:UseAVX=" + avx,
                        "-Xmx512m",
                        "--enable-native-access=ALL-UNNAMED",
                        "--add-modules",
                        "jdk.incubator.vector",
                        "-cp",
                        path,
                        SimdLevelMain.class.getName()))
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        String told = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertEquals(0, process.waitFor(), told);
        return told.lines().filter(line -> !line.startsWith("WARNING: ")).toList();
    }

    private static String probed(int bits, String rest) {
        String bf16 = CpuFeatures.supportsBf16() ? ", BF16 instructions" : "";
        return "Available[priority=100, description=%s, %d processors, %d-bit vectors%s%s]"
                .formatted(System.getProperty("os.arch"), Runtime.getRuntime().availableProcessors(), bits, bf16, rest);
    }

    @Test
    void kernelsRunWithAvx2() throws IOException, URISyntaxException, InterruptedException {
        assertEquals(
                List.of(
                        probed(256, ""),
                        "linear: kernel vector-skinny-gemm",
                        "rms-norm: kernel rms-norm",
                        "softmax-attention: kernel flash-attention",
                        "swiglu: kernel swiglu",
                        "kernels are required, and run",
                        NO_CODE),
                trial(2));
    }

    @Test
    void definitionsRunWithoutAndSaySo() throws IOException, URISyntaxException, InterruptedException {
        String why = "neither AVX2 nor AVX-512 is available to this JVM";
        assertEquals(
                List.of(
                        probed(128, "; reference kernels only: " + why),
                        "linear: reference (" + why + ")",
                        "rms-norm: reference (" + why + ")",
                        "softmax-attention: reference (" + why + ")",
                        "swiglu: reference (" + why + ")",
                        "kernels are required, but device cpu has none for swiglu of [F32 (5), F32 (5)]: " + why
                                + "; use another device, or prefer kernels instead of requiring them",
                        NO_CODE),
                trial(0));
    }
}
