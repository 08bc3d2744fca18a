package carve.cuda;

import carve.api.config.Settings;
import carve.api.device.Availability;
import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.DeviceProvider;
import carve.cuda.CudaDriver.Finding;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The provider of NVIDIA devices. A device needs the driver, and something that makes its kernels fit the card: kernels that
 * this plugin was packed with, NVRTC, or nvcc.
 */
public final class CudaDeviceProvider implements DeviceProvider {
    // Below the processor, until its kernels have run on a card: who wants it asks for it by name.
    private static final int RANK = 90;

    private final String library;

    /** Makes the provider; for {@link java.util.ServiceLoader}. */
    public CudaDeviceProvider() {
        this(
                System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows")
                        ? "nvcuda.dll"
                        : "libcuda.so.1");
    }

    CudaDeviceProvider(String library) {
        this.library = library;
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public Availability probe() {
        return availability(CudaDriver.look(library), compiler(CudaConfig.standard()));
    }

    static Availability availability(Finding finding, Optional<Compiler> compiler) {
        return switch (finding) {
            case Finding.NoLibrary(var library) ->
                new Availability.Unavailable("no NVIDIA driver: %s was not found on this machine".formatted(library));
            case Finding.NotADriver(var library, var function) ->
                new Availability.Unavailable("no NVIDIA driver: %s has no function %s".formatted(library, function));
            case Finding.Refused(var function, var code, var meaning) ->
                new Availability.Unavailable(
                        "the NVIDIA driver finds no device: %s returned %d (%s)".formatted(function, code, meaning));
            case Finding.Devices(var version, var names)
            when names.isEmpty() ->
                new Availability.Unavailable("the NVIDIA driver (CUDA %s) finds no device".formatted(text(version)));
            case Finding.Devices(var version, var names)
            when compiler.isEmpty() ->
                new Availability.Unavailable(
                        "%s (CUDA %s) found, but nothing to compile kernels with: install NVRTC (libnvrtc.so.12 or .13), or say where it is with carve.devices.cuda.libraries"
                                .formatted(String.join(", ", names), text(version)));
            case Finding.Devices(var version, var names) ->
                new Availability.Available(
                        RANK,
                        "%s, CUDA %s, %s"
                                .formatted(
                                        String.join(", ", names),
                                        text(version),
                                        compiler.get().version()));
        };
    }

    @Override
    public Device open(Settings settings) {
        CudaConfig config = CudaConfig.from(settings);
        Finding finding = CudaDriver.look(library);
        Optional<Compiler> compiler = compiler(config);
        if (availability(finding, compiler) instanceof Availability.Unavailable(var reason)) {
            throw new DeviceException("device 'cuda' is not available: " + reason);
        }
        int count = finding instanceof Finding.Devices(int version, List<String> names) ? names.size() : 0;
        if (config.index() >= count) {
            throw settings.error("index", "must be less than %d, is %d".formatted(count, config.index()));
        }
        return open(config, compiler.orElseThrow());
    }

    private static Device open(CudaConfig config, Compiler compiler) {
        var driver = new NvidiaDriver(config.index());
        var kept = new PrebuiltCompiler(new CachingCompiler(compiler, cache(config)));
        return new CudaDevice(driver, kept, config, (stream, own) -> products(config, driver, stream, own));
    }

    private static Blas products(CudaConfig config, NvidiaDriver driver, Stream stream, Blas own) {
        Optional<Library> library = config.library() ? Library.find("libcublas", config.libraries()) : Optional.empty();
        return library.<Blas>map(found -> new CublasBlas(found, driver.stream(), stream::flush, config.products()))
                .orElse(own);
    }

    private static Path cache(CudaConfig config) {
        return config.cache().isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache", "carve", "cuda")
                : Path.of(config.cache());
    }

    private static Optional<Compiler> compiler(CudaConfig config) {
        Optional<Compiler> found = NvrtcCompiler.find(config.libraries()).map(Compiler.class::cast);
        return found.or(() -> NvccCompiler.find().map(Compiler.class::cast))
                .or(() -> PrebuiltCompiler.isHere() ? Optional.of(new NoCompiler()) : Optional.empty());
    }

    /** Returns 12040 as 12.4. */
    private static String text(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }
}
