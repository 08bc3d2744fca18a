package carve.runtime.device;

import carve.api.config.NameSuggestions;
import carve.api.config.Settings;
import carve.api.config.SettingsException;
import carve.api.config.SettingsNode;
import carve.api.device.Availability;
import carve.api.device.Availability.Available;
import carve.api.device.Availability.Unavailable;
import carve.api.device.Device;
import carve.api.device.DeviceCatalog;
import carve.api.device.DeviceException;
import carve.api.device.DeviceProvider;
import carve.api.device.KernelCatalog;
import carve.api.device.KernelPolicy;
import carve.runtime.catalog.Catalog;
import carve.runtime.catalog.Catalogs;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/**
 * A selection of a device.
 *
 * @param devices the installed devices
 * @param requested the name of one, or {@code auto}
 * @param kernelPolicy whether fused ops run by kernels
 * @param pluginKernels kernels of plugins for the devices of other plugins
 */
public record DeviceSelector(
        Catalog<DeviceProvider> devices, String requested, KernelPolicy kernelPolicy, KernelCatalog pluginKernels) {
    /** The name that selects the available device of highest rank. */
    public static final String AUTO = "auto";

    private static final System.Logger LOG = System.getLogger("carve.runtime");

    /**
     * A device that is installed.
     *
     * @param name its name
     * @param availability whether it can be opened
     */
    public record DeviceProbe(String name, Availability availability) {
        private int rank() {
            return switch (availability) {
                case Available(int rank, String _) -> rank;
                case Unavailable _ -> Integer.MIN_VALUE;
            };
        }
    }

    /**
     * The identity of an opened device.
     *
     * @param name the device's
     * @param kernelPolicy its policy
     */
    public record Key(String name, KernelPolicy kernelPolicy) {}

    /** Returns a selection from the installed devices, with the kernels of plugins for other plugins' devices. */
    public static DeviceSelector of(Catalogs catalogs, String wanted, KernelPolicy kernelPolicy) {
        var offered = new KernelCatalog(catalogs.kernels().providers());
        return new DeviceSelector(catalogs.devices(), wanted, kernelPolicy, offered);
    }

    /** Makes a selection from devices that run only their own kernels. */
    public DeviceSelector(Catalog<DeviceProvider> devices, String wanted, KernelPolicy kernelPolicy) {
        this(devices, wanted, kernelPolicy, KernelCatalog.NONE);
    }

    /** Returns the selection of another device. */
    public DeviceSelector with(String name) {
        return new DeviceSelector(devices, name, kernelPolicy, pluginKernels);
    }

    /** Returns this selection with another kernel policy. */
    public DeviceSelector with(KernelPolicy policy) {
        return new DeviceSelector(devices, requested, policy, pluginKernels);
    }

    /**
     * Returns the selection that a recipe or plan asks for under {@code device} and {@code kernels}; this one where it has
     * neither key.
     *
     * @throws SettingsException if the device or the policy is unknown
     */
    public DeviceSelector with(Settings settings) {
        DeviceSelector named = settings.has("device") ? with(knownDevice(settings)) : this;
        return settings.has("kernels")
                ? named.with(kernelPolicy(settings.string("kernels"), settings.origin("kernels") + ": key 'kernels'"))
                : named;
    }

    private String knownDevice(Settings settings) {
        String name = settings.string("device");
        if (!name.equals(AUTO) && !devices.names().contains(name)) {
            throw new SettingsException("%s: key 'device': %s; 'auto' takes one that is available"
                    .formatted(settings.origin("device"), NameSuggestions.unknown("device", name, devices.names())));
        }
        return name;
    }

    /**
     * Returns the kernel policy of a name.
     *
     * @param place where the name was found, for messages
     * @throws SettingsException if there is no such policy
     */
    public static KernelPolicy kernelPolicy(String name, String place) {
        return Arrays.stream(KernelPolicy.values())
                .filter(policy -> policy.name().toLowerCase(Locale.ROOT).equals(name))
                .findFirst()
                .orElseThrow(() -> new SettingsException("%s: %s"
                        .formatted(
                                place,
                                NameSuggestions.unknown("policy", name, List.of("preferred", "off", "required")))));
    }

    /** Returns the key of the device that would be opened. */
    public Key key() {
        return new Key(requested.equals(AUTO) ? highestRanked() : requested, kernelPolicy);
    }

    /** Returns all devices, best first. */
    public List<DeviceProbe> probe() {
        List<DeviceProbe> probed = new ArrayList<>();
        devices.providers().forEach(provider -> probed.add(new DeviceProbe(provider.name(), probe(provider))));
        probed.sort(Comparator.comparing(DeviceProbe::rank).reversed());
        return probed;
    }

    // a plugin's probe may fail, which is a reason as well
    private static Availability probe(DeviceProvider provider) {
        try {
            return provider.probe();
        } catch (RuntimeException | LinkageError e) {
            return new Unavailable("probing the device failed: " + e);
        }
    }

    /** Returns the name of the device that would be opened, if it can be. */
    public Optional<String> selected() {
        return available()
                .filter(name -> requested.equals(AUTO) || requested.equals(name))
                .findFirst();
    }

    private Stream<String> available() {
        return probe().stream()
                .filter(device -> device.availability instanceof Available)
                .map(DeviceProbe::name);
    }

    /**
     * Opens the device; the caller closes it.
     *
     * @throws carve.api.config.SettingsException if there is none of this name
     * @throws DeviceException if it is not available; the message has the reason
     */
    public Device open() {
        Device device = open(requested, (provider, settings) -> provider.open(settings, new OtherDevices()));
        device.context().kernels().policy(kernelPolicy);
        return device;
    }

    /**
     * Returns normally if the device can be opened.
     *
     * @throws carve.api.config.SettingsException if there is none of this name
     * @throws DeviceException if it is not available; the message has the reason
     */
    public void requireAvailable() {
        available(requested);
    }

    private String available(String asked) {
        String name = asked.equals(AUTO) ? highestRanked() : asked;
        switch (probe(devices.provider(name))) {
            case Unavailable(String reason) ->
                throw new DeviceException(
                        "device '%s' is not available: %s; use device 'auto' to select an available one"
                                .formatted(name, reason));
            case Available(int rank, String description) ->
                LOG.log(
                        Level.INFO,
                        "device {0}{1}: {2}",
                        name,
                        asked.equals(AUTO) ? " (highest rank, " + rank + ")" : "",
                        description);
        }
        return name;
    }

    private Device open(String asked, BiFunction<DeviceProvider, Settings, Device> how) {
        String name = available(asked);
        try {
            return create(name, how);
        } catch (DeviceException e) {
            Optional<String> next = available()
                    .dropWhile(better -> !better.equals(name))
                    .skip(1)
                    .findFirst();
            if (!asked.equals(AUTO) || next.isEmpty()) {
                throw e;
            }
            LOG.log(
                    Level.WARNING,
                    "device {0} is available but could not be opened ({1}); falling back to {2}",
                    name,
                    e.getMessage(),
                    next.get());
            return create(next.get(), how);
        }
    }

    private Device create(String name, BiFunction<DeviceProvider, Settings, Device> how) {
        return devices.create(name, new SettingsNode.Section(Map.of(), "defaults"), how);
    }

    private final class OtherDevices implements DeviceCatalog {
        @Override
        public Set<String> names() {
            return devices.names();
        }

        @Override
        public Device open(String name) {
            return DeviceSelector.this.open(
                    name, (provider, settings) -> provider.open(settings, new NoDevices(pluginKernels)));
        }

        @Override
        public KernelCatalog kernels() {
            return pluginKernels;
        }
    }

    // what a device is made of is made of nothing else
    private record NoDevices(KernelCatalog kernels) implements DeviceCatalog {
        @Override
        public Set<String> names() {
            return Set.of();
        }

        @Override
        public Device open(String name) {
            throw new DeviceException(
                    "device '%s' cannot be nested: an inner device may not open further devices".formatted(name));
        }
    }

    private String highestRanked() {
        return available().findFirst().orElseThrow(() -> new DeviceException("no device is available: " + probe()));
    }
}
