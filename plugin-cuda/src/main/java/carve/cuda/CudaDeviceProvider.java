package carve.cuda;

import carve.api.config.Settings;
import carve.api.device.Availability;
import carve.api.device.Device;
import carve.api.device.DeviceCatalog;
import carve.api.device.DeviceException;
import carve.api.device.DeviceProvider;
import carve.api.device.KernelCatalog;
import carve.cuda.blas.CublasBlas;
import carve.cuda.blas.CublasLt;
import carve.cuda.driver.CudaGpuDriver;
import carve.cuda.driver.DriverProbe;
import carve.cuda.driver.DriverProbe.ProbeResult;
import carve.cuda.gpu.GpuBlas;
import carve.cuda.gpu.GpuProperties;
import carve.cuda.gpu.GpuStream;
import carve.cuda.gpu.MatmulPrecision;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The provider of NVIDIA devices. A device needs the driver, and kernels for its architecture: prebuilt ones in this plugin's
 * jar, or NVRTC or nvcc to compile them.
 */
public final class CudaDeviceProvider implements DeviceProvider {
    private static final int RANK = 1000;

    // Below the CPU's 100: old or small GPUs are used only where they are named.
    private static final int LOW_RANK = 90;

    private static final System.Logger LOG = System.getLogger(CudaDeviceProvider.class.getName());

    private final String library;

    /** Makes the provider; for {@link java.util.ServiceLoader}. */
    public CudaDeviceProvider() {
        this(
                System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows")
                        ? "nvcuda.dll"
                        : "libcuda.so.1");
    }

    /** Makes the provider for a driver library of another name. */
    public CudaDeviceProvider(String library) {
        this.library = library;
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public Availability probe() {
        return availability(DriverProbe.probe(library), () -> CudaToolkit.find(CudaConfig.forProbe()));
    }

    /** Returns the availability for what was found; tools are only looked for where there is a GPU. */
    static Availability availability(ProbeResult probeResult, Supplier<CudaToolkit> tools) {
        return switch (probeResult) {
            case ProbeResult.NoLibrary(var library) ->
                new Availability.Unavailable("no NVIDIA driver: %s was not found on this machine".formatted(library));
            case ProbeResult.MissingFunction(var library, var function) ->
                new Availability.Unavailable("no NVIDIA driver: %s has no function %s".formatted(library, function));
            case ProbeResult.DriverError(var function, var code, var meaning) ->
                new Availability.Unavailable("the NVIDIA driver reports no usable device: %s returned %d (%s)"
                        .formatted(function, code, meaning));
            case ProbeResult.Devices devices
            when devices.gpus().isEmpty() ->
                new Availability.Unavailable("the NVIDIA driver (CUDA %s) finds no device".formatted(devices.cuda()));
            case ProbeResult.Devices devices -> availability(devices, tools.get());
        };
    }

    private static Availability availability(ProbeResult.Devices devices, CudaToolkit cudaToolkit) {
        String cards = devices.gpus().stream().map(GpuProperties::toString).collect(Collectors.joining(", "));
        GpuProperties first = devices.gpus().getFirst();
        if (!cudaToolkit.supports(first)) {
            return new Availability.Unavailable(
                    "%s, CUDA %s: no kernel compiler found; install NVRTC (libnvrtc.so.12 or .13) or set carve.devices.cuda.library-path"
                            .formatted(cards, devices.cuda()));
        }
        boolean good = first.isAmpereOrNewer() && first.hasEnoughMemory();
        return new Availability.Available(
                good ? RANK : LOW_RANK, "%s, CUDA %s, %s".formatted(cards, devices.cuda(), cudaToolkit.description()));
    }

    @Override
    public Device open(Settings settings) {
        return open(settings, KernelCatalog.NONE);
    }

    @Override
    public Device open(Settings settings, DeviceCatalog others) {
        return open(settings, others.kernels());
    }

    private Device open(Settings settings, KernelCatalog offered) {
        CudaConfig config = CudaConfig.from(settings);
        ProbeResult probeResult = DriverProbe.probe(library);
        CudaToolkit cudaToolkit = CudaToolkit.find(config);
        if (availability(probeResult, () -> cudaToolkit) instanceof Availability.Unavailable(var reason)) {
            throw new DeviceException("device 'cuda' is not available: " + reason);
        }
        int count = probeResult instanceof ProbeResult.Devices devices
                ? devices.gpus().size()
                : 0;
        if (config.index() >= count) {
            throw settings.error("index", "must be less than %d, is %d".formatted(count, config.index()));
        }
        return open(config, cudaToolkit, offered);
    }

    private static Device open(CudaConfig config, CudaToolkit cudaToolkit, KernelCatalog offered) {
        boolean compiles = cudaToolkit.baseCompiler().isAvailable();
        if (!compiles) {
            LOG.log(Level.INFO, "no CUDA compiler: kernels of plugins are not available, their ops run on primitives");
        }
        var driver = new CudaGpuDriver(config.index());
        var kernelCompiler = cudaToolkit.compiler(cache(config));
        var device = new CudaDevice(
                driver,
                kernelCompiler,
                config,
                (gpuStream, own) -> cublas(cudaToolkit, driver, gpuStream, config.matmulPrecision())
                        .orElse(own),
                compiles ? offered : KernelCatalog.NONE);
        try {
            CudaSelfTest.run(device);
            return device;
        } catch (DeviceException e) {
            device.close();
            throw e;
        }
    }

    private static Optional<GpuBlas> cublas(
            CudaToolkit cudaToolkit, CudaGpuDriver driver, GpuStream gpuStream, MatmulPrecision matmulPrecision) {
        return cudaToolkit.cublas().map(found -> {
            Optional<CublasLt> biased = cudaToolkit
                    .cublasLt()
                    .map(nativeLibrary -> new CublasLt(
                            nativeLibrary,
                            driver.streamAddress(),
                            gpuStream::flush,
                            matmulPrecision,
                            driver.allocate(CublasLt.WORKSPACE_BYTES)));
            return new CublasBlas(found, driver.streamAddress(), gpuStream::flush, matmulPrecision, biased);
        });
    }

    private static Path cache(CudaConfig config) {
        return config.kernelCache().isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache", "carve", "cuda")
                : Path.of(config.kernelCache());
    }
}
