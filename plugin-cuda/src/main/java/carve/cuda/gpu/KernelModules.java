package carve.cuda.gpu;

import carve.api.device.DeviceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The kernels that a device has compiled and loaded, each file when one of its functions is first launched. */
public final class KernelModules {
    /** The header that every kernel includes. */
    public static final String HEADER = "carve.cuh";

    private record KernelFile(String name, List<String> options) {}

    private record KernelKey(KernelFile kernelFile, String kernel) {}

    private final GpuDriver gpuDriver;
    private final KernelCompiler kernelCompiler;
    private final Map<KernelFile, Long> modules = new HashMap<>();
    private final Map<KernelKey, Long> functions = new HashMap<>();

    private record PluginKernelKey(KernelSource kernelSource, String kernel) {}

    private final Map<KernelSource, Long> foreignModules = new HashMap<>();
    private final Map<PluginKernelKey, Long> foreignFunctions = new HashMap<>();

    /** Makes the modules that a compiler gives a driver; they are loaded when a kernel of theirs is first asked for. */
    public KernelModules(GpuDriver gpuDriver, KernelCompiler kernelCompiler) {
        this.gpuDriver = gpuDriver;
        this.kernelCompiler = kernelCompiler;
    }

    /** Returns a kernel of a built-in file. */
    long function(String file, String kernel, String... options) {
        var kernelKey = new KernelKey(new KernelFile(file, List.of(options)), kernel);
        return functions.computeIfAbsent(kernelKey, e -> gpuDriver.function(module(e.kernelFile()), kernel));
    }

    /** Returns a kernel of a plugin's source. */
    long function(KernelSource kernelSource, String kernel) {
        return foreignFunctions.computeIfAbsent(
                new PluginKernelKey(kernelSource, kernel),
                _ -> gpuDriver.function(foreignModules.computeIfAbsent(kernelSource, this::load), kernel));
    }

    private long load(KernelSource kernelSource) {
        return gpuDriver.loadModule(
                kernelCompiler.compile(kernelSource, gpuDriver.properties().architecture()));
    }

    private long module(KernelFile kernelFile) {
        Long known = modules.get(kernelFile);
        if (known != null) {
            return known;
        }
        long module = load(new KernelSource(
                kernelFile.name() + ".cu", sourceText(kernelFile.name() + ".cu"), kernelFile.options()));
        modules.put(kernelFile, module);
        return module;
    }

    /** Returns a built-in file of CUDA C++. */
    public static String sourceText(String file) {
        try (InputStream in = KernelModules.class.getResourceAsStream("/carve/cuda/kernels/" + file)) {
            if (in == null) {
                throw new DeviceException("gpu: no kernel source " + file);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
