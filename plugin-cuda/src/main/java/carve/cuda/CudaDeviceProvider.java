package carve.cuda;

import carve.api.config.Settings;
import carve.api.device.Availability;
import carve.api.device.Device;
import carve.api.device.DeviceCatalog;
import carve.api.device.DeviceException;
import carve.api.device.DeviceProvider;
import carve.api.device.KernelCatalog;
import carve.cuda.CudaDriver.Finding;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * The provider of NVIDIA devices. A device needs the driver, and something that makes its kernels fit the card: kernels that
 * this plugin was packed with, NVRTC, or nvcc.
 */
public final class CudaDeviceProvider implements DeviceProvider {
    private static final int RANK = 1000;

    // Below the processor's 100: old or small cards are for those who ask for them by name.
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

    CudaDeviceProvider(String library) {
        this.library = library;
    }

    @Override
    public String name() {
        return "cuda";
    }

    @Override
    public Availability probe() {
        return availability(CudaDriver.look(library), () -> Tools.find(CudaConfig.probed()));
    }

    /** Returns what was found as people read it; tools are only looked for where there is a card. */
    static Availability availability(Finding finding, Supplier<Tools> tools) {
        return switch (finding) {
            case Finding.NoLibrary(var library) ->
                new Availability.Unavailable("no NVIDIA driver: %s was not found on this machine".formatted(library));
            case Finding.NotADriver(var library, var function) ->
                new Availability.Unavailable("no NVIDIA driver: %s has no function %s".formatted(library, function));
            case Finding.Refused(var function, var code, var meaning) ->
                new Availability.Unavailable(
                        "the NVIDIA driver finds no device: %s returned %d (%s)".formatted(function, code, meaning));
            case Finding.Devices devices
            when devices.cards().isEmpty() ->
                new Availability.Unavailable("the NVIDIA driver (CUDA %s) finds no device".formatted(devices.cuda()));
            case Finding.Devices devices -> availability(devices, tools.get());
        };
    }

    private static Availability availability(Finding.Devices devices, Tools tools) {
        String cards = devices.cards().stream().map(Card::toString).collect(Collectors.joining(", "));
        Card first = devices.cards().getFirst();
        if (!tools.compilesFor(first)) {
            return new Availability.Unavailable(
                    "%s, CUDA %s found, but nothing to compile kernels with: install NVRTC (libnvrtc.so.12 or .13), or say where it is with carve.devices.cuda.libraries"
                            .formatted(cards, devices.cuda()));
        }
        boolean good = first.isCurrent() && first.isRoomy();
        return new Availability.Available(
                good ? RANK : LOW_RANK, "%s, CUDA %s, %s".formatted(cards, devices.cuda(), tools.description()));
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
        Finding finding = CudaDriver.look(library);
        Tools tools = Tools.find(config);
        if (availability(finding, () -> tools) instanceof Availability.Unavailable(var reason)) {
            throw new DeviceException("device 'cuda' is not available: " + reason);
        }
        int count = finding instanceof Finding.Devices devices ? devices.cards().size() : 0;
        if (config.index() >= count) {
            throw settings.error("index", "must be less than %d, is %d".formatted(count, config.index()));
        }
        return open(config, tools, offered);
    }

    private static Device open(CudaConfig config, Tools tools, KernelCatalog offered) {
        boolean compiles = tools.compilers().compiles();
        if (!compiles) {
            LOG.log(Level.INFO, "nothing to compile CUDA C++ of plugins with: their ops run by their definitions");
        }
        var driver = new NvidiaDriver(config.index());
        var compiler = tools.compiler(cache(config));
        var device = new CudaDevice(
                driver,
                compiler,
                config,
                (stream, own) ->
                        products(tools, driver, stream, config.products()).orElse(own),
                compiles ? offered : KernelCatalog.NONE);
        try {
            SelfCheck.of(device);
            return device;
        } catch (DeviceException e) {
            device.close();
            throw e;
        }
    }

    private static Optional<Blas> products(
            Tools tools, NvidiaDriver driver, Stream stream, CudaConfig.Products products) {
        return tools.products().map(found -> {
            Optional<CublasLt> biased = tools.biases()
                    .map(library -> new CublasLt(
                            library,
                            driver.stream(),
                            stream::flush,
                            products,
                            driver.allocate(CublasLt.WORKSPACE_BYTES)));
            return new CublasBlas(found, driver.stream(), stream::flush, products, biased);
        });
    }

    private static Path cache(CudaConfig config) {
        return config.cache().isEmpty()
                ? Path.of(System.getProperty("user.home"), ".cache", "carve", "cuda")
                : Path.of(config.cache());
    }
}
