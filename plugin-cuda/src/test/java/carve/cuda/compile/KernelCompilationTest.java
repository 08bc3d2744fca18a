package carve.cuda.compile;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.cuda.gpu.KernelModules;
import carve.cuda.gpu.KernelSource;
import carve.testkit.LoggedAssumptions;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** NVIDIA's compiler takes every kernel, in every variant, for every architecture: the build has asked it, by kernels.sh. */
public final class KernelCompilationTest {
    private static final Pattern VARIANT = Pattern.compile("(?m)^// Variant:(.*)$");
    private static final byte[] FATBIN = {0x50, (byte) 0xed, 0x55, (byte) 0xba};

    /** Returns the options that a file is compiled with. */
    public static List<List<String>> variants(String text) {
        List<List<String>> variants = VARIANT.matcher(text)
                .results()
                .map(found -> found.group(1).trim())
                .map(options -> options.isEmpty() ? List.<String>of() : List.of(options.split(" ")))
                .toList();
        return variants.isEmpty() ? List.of(List.of()) : variants;
    }

    private static void needsNvcc() {
        LoggedAssumptions.assumeTrue(
                NvccCompiler.find().isPresent(),
                "no nvcc on this machine: the CUDA kernels are neither compiled nor packed");
    }

    @Test
    void nothingIsRefused() {
        needsNvcc();
        Optional<byte[]> refused = PrebuiltCompiler.packagedFile("refused");
        assertEquals("", new String(refused.orElse(new byte[0]), StandardCharsets.UTF_8));
        assertEquals(
                "80 90\n",
                new String(PrebuiltCompiler.packagedFile("architectures").orElseThrow(), StandardCharsets.UTF_8));
    }

    @TestFactory
    Stream<DynamicTest> everyVariantIsPackedUnderItsDigest() throws Exception {
        return sources().stream()
                .flatMap(kernelSource -> variants(kernelSource.text()).stream()
                        .map(options -> DynamicTest.dynamicTest(
                                kernelSource.name() + options,
                                () -> isPacked(new KernelSource(kernelSource.name(), kernelSource.text(), options)))));
    }

    private static void isPacked(KernelSource kernelSource) {
        needsNvcc();
        var compiler = new PrebuiltCompiler(new MissingCompiler());
        byte[] image = compiler.compile(kernelSource, "sm_90");
        assertArrayEquals(FATBIN, Arrays.copyOf(image, FATBIN.length));
    }

    private static List<KernelSource> sources() throws IOException, URISyntaxException {
        Path folder = Path.of(KernelModules.class
                        .getResource("/carve/cuda/kernels/" + KernelModules.HEADER)
                        .toURI())
                .getParent();
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".cu"))
                    .sorted()
                    .map(name -> new KernelSource(name, KernelModules.sourceText(name), List.of()))
                    .toList();
        }
    }
}
