package carve.api.device.kit;

import carve.api.device.Kernel;
import carve.api.device.KernelCatalog;
import carve.api.device.KernelProvider;
import carve.api.device.KernelTarget;
import carve.api.tensor.FusedOp;
import carve.api.tensor.TensorType;
import java.util.List;
import java.util.Optional;

/**
 * The kernels of a device: those built into it first, then those of plugins. Where neither takes the operands as they are
 * stored, but only {@linkplain FusedOp#weightOperands() weights} are in another type than F32, a kernel for F32 serves, and
 * the weights are cast before it runs.
 */
public final class KernelSelector {
    private final KernelTarget target;
    private final List<KernelProvider> builtIn;
    private final KernelCatalog plugins;

    /**
     * Makes the selector of a device.
     *
     * @param target the device as kernels see it
     * @param builtIn the providers of its own kernels, the first that has one wins; none where it has no kernels
     * @param plugins the kernels of plugins
     */
    public KernelSelector(KernelTarget target, List<? extends KernelProvider> builtIn, KernelCatalog plugins) {
        this.target = target;
        this.builtIn = List.copyOf(builtIn);
        this.plugins = plugins;
    }

    private interface Source {
        Optional<Kernel> kernel(FusedOp op, List<TensorType> operands);
    }

    /** Returns the kernel for operands of these types, or nothing where the reference is to run. */
    public Optional<Kernel> select(FusedOp op, List<TensorType> operands) {
        Optional<Kernel> own = find(this::ownKernel, op, operands);
        return own.isPresent() ? own : find(this::pluginKernel, op, operands);
    }

    private Optional<Kernel> find(Source source, FusedOp op, List<TensorType> operands) {
        Optional<Kernel> kernel = source.kernel(op, operands);
        return kernel.isPresent()
                ? kernel
                : OperandTypes.withF32Weights(op, operands)
                        .flatMap(types -> source.kernel(op, types))
                        .map(found -> new UpcastKernel(target.device(), found));
    }

    private Optional<Kernel> ownKernel(FusedOp op, List<TensorType> operands) {
        for (KernelProvider provider : builtIn) {
            Optional<Kernel> kernel = provider.kernel(op, operands, target);
            if (kernel.isPresent()) {
                return kernel;
            }
        }
        return Optional.empty();
    }

    private Optional<Kernel> pluginKernel(FusedOp op, List<TensorType> operands) {
        return plugins.kernel(op, operands, target);
    }
}
