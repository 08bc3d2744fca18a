package carve.api.tensor;

import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.Kernel;
import carve.api.device.KernelPolicy;
import java.lang.System.Logger.Level;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The choice between kernel and reference for each fused op on a device, and a record of what was chosen. */
public final class KernelDispatch {
    /** The last choice for an op: the kernel's name, empty for the reference, and the choice in words. */
    private record Choice(String kernel, String text) {}

    private static final System.Logger LOG = System.getLogger(KernelDispatch.class.getName());

    private final Map<String, Choice> choices = new HashMap<>();
    private KernelPolicy policy = KernelPolicy.PREFERRED;
    private Optional<String> unavailable = Optional.empty();

    KernelDispatch() {}

    /** Sets whether fused ops run by kernel. */
    public void policy(KernelPolicy kernelPolicy) {
        this.policy = kernelPolicy;
    }

    /** Sets the reason why the device has no kernels of its own on this machine, for messages; for its constructor. */
    public void unavailableBecause(String reason) {
        unavailable = Optional.of(reason);
    }

    /** Returns by op name what ran last: {@code kernel NAME} or {@code reference (REASON)}; sorted. */
    public Map<String, String> choices() {
        Map<String, String> texts = new TreeMap<>();
        choices.forEach((op, choice) -> texts.put(op, choice.text));
        return Collections.unmodifiableMap(texts);
    }

    /** Returns whether a fused op on operands of these types would run by a kernel of the device. */
    public boolean hasKernel(Device device, FusedOp op, List<TensorType> operands) {
        return policy != KernelPolicy.OFF && device.kernel(op, operands).isPresent();
    }

    /**
     * Returns the kernel that runs a fused op, or nothing for its reference. An op whose kernel is optional runs by its
     * reference, too, if a gradient follows that the kernel does not give.
     *
     * @param gradient whether a tape watches an operand
     * @throws DeviceException if kernels are required and there is none
     */
    Optional<Kernel> select(Device device, FusedOp op, List<TensorType> operands, boolean gradient) {
        if (op.isRecomputed() || policy == KernelPolicy.OFF) {
            return Optional.empty();
        }
        Optional<Kernel> kernel = device.kernel(op, operands);
        if (gradient
                && op.isKernelOptional()
                && kernel.isPresent()
                && !kernel.get().differentiable()) {
            kernel = Optional.empty();
        }
        if (policy == KernelPolicy.REQUIRED && kernel.isEmpty() && !op.isKernelOptional()) {
            String none = "device %s has none for %s of %s".formatted(device.name(), op.name(), operands);
            throw missing(unavailable.map(reason -> none + ": " + reason).orElse(none));
        }
        record(device, op, operands, kernel);
        return kernel;
    }

    /** Refuses to differentiate a reference in place of a kernel's backward, where kernels are required. */
    void requireBackward(Device device, FusedOp op, List<TensorType> operands, Kernel kernel) {
        if (policy == KernelPolicy.REQUIRED) {
            throw missing("kernel %s of device %s has no backward for %s of %s"
                    .formatted(kernel.name(), device.name(), op.name(), operands));
        }
    }

    private static DeviceException missing(String what) {
        return new DeviceException(
                "kernels are required, but %s; use another device, or prefer kernels instead of requiring them"
                        .formatted(what));
    }

    // called for every op of every token: nothing is formatted unless the choice is a new one
    private void record(Device device, FusedOp op, List<TensorType> operands, Optional<Kernel> kernel) {
        String name = kernel.isPresent() ? kernel.get().name() : "";
        Choice known = choices.get(op.name());
        if (known != null && known.kernel.equals(name)) {
            return;
        }
        String text = kernel.isPresent()
                ? "kernel " + name
                : "reference (%s)"
                        .formatted(unavailable.orElseGet(
                                () -> "no kernel of %s for %s".formatted(device.name(), operands)));
        choices.put(op.name(), new Choice(name, text));
        LOG.log(Level.DEBUG, "{0}: {1}", op.name(), text);
    }
}
