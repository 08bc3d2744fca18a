package carve.cuda;

import carve.api.config.Settings;
import carve.api.device.Availability;
import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.DeviceProvider;
import carve.cuda.CudaDriver.Finding;
import java.util.Locale;

/**
 * The provider of NVIDIA devices. It looks for the driver and its devices and says what is missing; this version has no
 * kernels for them, so that it never offers one.
 */
public final class CudaDeviceProvider implements DeviceProvider {
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
        return new Availability.Unavailable(reason(CudaDriver.look(library)));
    }

    @Override
    public Device open(Settings settings) {
        throw new DeviceException("device 'cuda' is not available: " + reason(CudaDriver.look(library)));
    }

    static String reason(Finding finding) {
        return switch (finding) {
            case Finding.NoLibrary(var library) ->
                "no NVIDIA driver: %s was not found on this machine".formatted(library);
            case Finding.NotADriver(var library, var function) ->
                "no NVIDIA driver: %s has no function %s".formatted(library, function);
            case Finding.Refused(var function, var code, var meaning) ->
                "the NVIDIA driver finds no device: %s returned %d (%s)".formatted(function, code, meaning);
            case Finding.Devices(var version, var names)
            when names.isEmpty() -> "the NVIDIA driver (CUDA %s) finds no device".formatted(text(version));
            case Finding.Devices(var version, var names) ->
                "%s (CUDA %s) found, but this version of carve has no CUDA kernels: use device cpu"
                        .formatted(String.join(", ", names), text(version));
        };
    }

    /** Returns 12040 as 12.4. */
    private static String text(int version) {
        return version / 1000 + "." + version % 1000 / 10;
    }
}
