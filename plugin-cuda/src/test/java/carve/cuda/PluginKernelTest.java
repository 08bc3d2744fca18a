package carve.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import carve.api.device.Device;
import carve.api.device.KernelCatalog;
import carve.api.device.KernelProvider;
import carve.cuda.gpu.MatmulPrecision;
import carve.testkit.KernelCase;
import carve.testkit.KernelContract;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.IntFunction;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;

/** A plugin's kernel in CUDA C++, that of the example retention, compiled for the processor: it goes the way of ours. */
final class PluginKernelTest extends KernelContract {
    private static final Path EXAMPLE =
            Path.of("..", "examples", "retention", "src").toAbsolutePath();
    private static final Path CLASSES = Path.of("target", "retention").toAbsolutePath();
    private static final ClassLoader PLUGIN = compile();

    private static ClassLoader compile() {
        try {
            List<String> line = new ArrayList<>(List.of(
                    "-nowarn",
                    "-proc:none",
                    "-d",
                    CLASSES.toString(),
                    "-cp",
                    Stream.of(KernelProvider.class, KernelContract.class, DynamicTest.class)
                            .map(PluginKernelTest::place)
                            .collect(Collectors.joining(java.io.File.pathSeparator))));
            try (Stream<Path> files = Files.walk(EXAMPLE.resolve("main/java"))) {
                files.filter(file -> file.toString().endsWith(".java") && !file.endsWith("module-info.java"))
                        .forEach(file -> line.add(file.toString()));
            }
            line.add(EXAMPLE.resolve("test/java/examples/retention/RetentionKernelTestCases.java")
                    .toString());
            int code = ToolProvider.findFirst("javac")
                    .orElseThrow()
                    .run(System.out, System.err, line.toArray(String[]::new));
            assertEquals(0, code, "javac");
            URL[] urls = {
                CLASSES.toUri().toURL(),
                EXAMPLE.resolve("main/resources/").toUri().toURL()
            };
            return new URLClassLoader(urls, PluginKernelTest.class.getClassLoader());
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static String place(Class<?> type) {
        return Path.of(URI.create(
                        type.getProtectionDomain().getCodeSource().getLocation().toString()))
                .toString();
    }

    private static Object make(String type) {
        try {
            return PLUGIN.loadClass("examples.retention." + type)
                    .getConstructor()
                    .newInstance();
        } catch (ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    @Override
    protected Device open() {
        EmulatorCompiler.isNeeded();
        var offered = new KernelCatalog(List.of((KernelProvider) make("RetentionKernelProvider")));
        var config = new CudaConfig(0, MatmulPrecision.F32, false, false, "", "");
        return new CudaDevice(new EmulatedDriver(), new EmulatorCompiler(), config, (gpuStream, own) -> own, offered);
    }

    @Override
    protected Set<String> kernels() {
        return Set.of("retention-scan");
    }

    // the example's test says with what it is tried
    @Override
    protected List<KernelCase> kernelCases(int positions) {
        var trials = (IntFunction<?>) make("RetentionKernelTestCases");
        return ((List<?>) trials.apply(positions))
                .stream().map(KernelCase.class::cast).toList();
    }
}
