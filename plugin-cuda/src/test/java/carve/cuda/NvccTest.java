package carve.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** NVIDIA's compiler takes every kernel; that its code fits sm_80 and sm_90 is seen when {@code bench/gpu.sh} packs it. */
final class NvccTest {
    private static final List<String> FILES = List.of(
            "adamw",
            "causal_conv",
            "decay_scan",
            "elementwise",
            "linear",
            "losses",
            "matmul",
            "move",
            "norm",
            "reduce",
            "rope",
            "softmax_attention",
            "swiglu");

    @TempDir
    private Path folder;

    @TestFactory
    Stream<DynamicTest> kernelsCompile() {
        return FILES.stream()
                .map(file -> DynamicTest.dynamicTest(file, () -> {
                    Needs.that(
                            NvccCompiler.find().isPresent(),
                            "no nvcc on this machine: kernels are not compiled for cards");
                    assertEquals("", compile(file));
                }));
    }

    private String compile(String file) throws IOException, InterruptedException {
        Files.writeString(folder.resolve(Modules.HEADER), Modules.text(Modules.HEADER));
        Files.writeString(folder.resolve(file + ".cu"), Modules.text(file + ".cu"));
        var process = new ProcessBuilder(
                        "nvcc",
                        "-std=c++17",
                        "-arch=compute_80",
                        "-Werror=all-warnings",
                        "-ptx",
                        "-o",
                        "kernels.ptx",
                        file + ".cu")
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        return process.waitFor() == 0 ? "" : "nvcc refuses " + file + ".cu:\n" + said;
    }
}
