package carve.api.device;

import carve.api.tensor.FusedOp;
import carve.api.tensor.TensorType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * The kernels of plugins for devices that are not theirs. A device hands them to its {@link
 * carve.api.device.kit.KernelSelector}, which asks for one where the device has none of its own.
 *
 * <p>A provider that throws, and a kernel whose results have other types than the op says, is a {@link DeviceException} with
 * the names of provider and module.
 */
public final class KernelCatalog {
    /** No kernels. */
    public static final KernelCatalog NONE = new KernelCatalog(List.of());

    private final List<KernelProvider> providers;

    /** Makes the catalog of providers. */
    public KernelCatalog(Collection<? extends KernelProvider> providers) {
        this.providers = List.copyOf(providers);
    }

    /**
     * Returns the kernel that a plugin offers for operands of these types, or nothing where the definition is to run.
     *
     * @throws DeviceException if a provider fails, or two offer one
     */
    public Optional<Kernel> kernel(FusedOp op, List<TensorType> operands, KernelTarget host) {
        List<PluginKernel> offers = new ArrayList<>(1);
        for (KernelProvider provider : providers) {
            offer(provider, op, operands, host).ifPresent(offers::add);
        }
        if (offers.size() > 1) {
            throw new DeviceException("%s on %s is offered by %s and by %s; remove one of the plugins"
                    .formatted(
                            op.name(),
                            host.device().name(),
                            offers.get(0).origin(),
                            offers.get(1).origin()));
        }
        return offers.stream().<Kernel>map(offer -> offer).findFirst();
    }

    private static Optional<PluginKernel> offer(
            KernelProvider provider, FusedOp op, List<TensorType> operands, KernelTarget host) {
        try {
            return provider.kernel(op, operands, host).map(kernel -> new PluginKernel(provider, op, host, kernel));
        } catch (RuntimeException | LinkageError e) {
            throw new DeviceException(
                    "%s failed when it was asked for a kernel for %s of %s on %s: %s; remove or update the plugin"
                            .formatted(
                                    PluginKernel.origin(provider),
                                    op.name(),
                                    operands,
                                    host.device().name(),
                                    e),
                    e);
        }
    }
}
