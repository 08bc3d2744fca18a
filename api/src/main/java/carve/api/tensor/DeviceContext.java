package carve.api.tensor;

import carve.api.device.Buffer;
import carve.api.device.Device;
import carve.api.device.DeviceException;
import carve.api.device.Kernel;
import java.lang.System.Logger.Level;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What every device carries: its open scopes, and the policy and the record of kernel choices. A device makes one and
 * returns it from {@link Device#context()}; the rest is done by this package.
 */
public final class DeviceContext {
    /** Whether fused ops run by kernel or by reference. */
    public enum KernelPolicy {
        /** A kernel where the device has one, the reference elsewhere. */
        PREFERRED,
        /** The reference always. */
        OFF,
        /** A kernel always; an op without one is an error. */
        REQUIRED
    }

    /** The buffers born in one scope. */
    static final class Frame {
        private final Set<Buffer> born = Collections.newSetFromMap(new IdentityHashMap<>());
    }

    private static final System.Logger LOG = System.getLogger(DeviceContext.class.getName());

    private final Deque<Frame> frames = new ArrayDeque<>();
    private final Map<String, String> choices = new TreeMap<>();
    private KernelPolicy policy = KernelPolicy.PREFERRED;
    private Optional<String> withoutKernels = Optional.empty();
    private long owned;
    private long peak;

    /** Makes a workspace with one scope, which lives as long as the device. */
    public DeviceContext() {
        frames.push(new Frame());
    }

    /** Sets whether fused ops run by kernel. */
    public void kernelPolicy(KernelPolicy kernelPolicy) {
        this.policy = kernelPolicy;
    }

    /** Says why the device has no kernels of its own on this machine, for messages; for the device's constructor. */
    public void noKernelsBecause(String reason) {
        withoutKernels = Optional.of(reason);
    }

    /** Returns by op name what has run so far: {@code kernel NAME} or {@code reference (REASON)}. */
    public Map<String, String> kernelChoices() {
        return Collections.unmodifiableMap(choices);
    }

    /** Releases every buffer of every scope; for the device's {@code close}. */
    public void closeAll() {
        frames.forEach(frame -> frame.born.forEach(Buffer::close));
        frames.clear();
        frames.push(new Frame());
    }

    /** Returns the number of buffers that open scopes own. */
    public int liveBuffers() {
        return frames.stream().mapToInt(frame -> frame.born.size()).sum();
    }

    /** Returns the most bytes that open scopes have owned at one time; what is kept beyond scopes does not count. */
    public long peakBytes() {
        return peak;
    }

    /** Returns whether a fused op on operands of these types would run by a kernel of this workspace's device. */
    public boolean prefersKernel(Device device, FusedOp op, List<TensorType> operands) {
        return policy != KernelPolicy.OFF && device.kernel(op, operands).isPresent();
    }

    Optional<Kernel> kernel(Device device, FusedOp op, List<TensorType> operands) {
        if (op.isRecomputed() || policy == KernelPolicy.OFF) {
            return Optional.empty();
        }
        Optional<Kernel> kernel = device.kernel(op, operands);
        if (policy == KernelPolicy.REQUIRED && kernel.isEmpty()) {
            String none = "device %s has none for %s of %s".formatted(device.name(), op.name(), operands);
            throw missing(withoutKernels.map(reason -> none + ": " + reason).orElse(none));
        }
        note(device, op, operands, kernel);
        return kernel;
    }

    /** Refuses to differentiate a definition in place of a kernel's backward form, where kernels are required. */
    void requireBackward(Device device, FusedOp op, List<TensorType> operands, Kernel kernel) {
        if (policy == KernelPolicy.REQUIRED) {
            throw missing("kernel %s of device %s has no backward form for %s of %s"
                    .formatted(kernel.name(), device.name(), op.name(), operands));
        }
    }

    private static DeviceException missing(String what) {
        return new DeviceException(
                "kernels are required, but %s; use another device, or prefer kernels instead of requiring them"
                        .formatted(what));
    }

    private void note(Device device, FusedOp op, List<TensorType> operands, Optional<Kernel> kernel) {
        String choice = kernel.isPresent() ? "kernel " + kernel.get().name() : "reference";
        String known = choices.get(op.name());
        if (known != null && (known.equals(choice) || known.contains(choice + " "))) {
            return;
        }
        String reason = withoutKernels.orElseGet(() -> "no kernel of %s for %s".formatted(device.name(), operands));
        String text = kernel.isPresent() ? choice : "reference (%s)".formatted(reason);
        if (known == null || !known.startsWith(choice)) {
            choices.put(op.name(), text);
            LOG.log(Level.DEBUG, "{0}: {1}", op.name(), text);
        }
    }

    Frame open() {
        Frame frame = new Frame();
        frames.push(frame);
        return frame;
    }

    void register(Buffer buffer) {
        frames.element().born.add(buffer);
        owned += buffer.bytes();
        peak = Math.max(peak, owned);
    }

    void keep(Buffer buffer) {
        for (Frame frame : frames) {
            owned -= frame.born.remove(buffer) ? buffer.bytes() : 0;
        }
    }

    void close(Frame frame, Set<Buffer> kept) {
        if (frames.pop() != frame) {
            throw new IllegalStateException("scopes are closed in another order than they were opened");
        }
        Frame outer = frames.element();
        for (Buffer buffer : frame.born) {
            if (kept.contains(buffer)) {
                outer.born.add(buffer);
            } else {
                owned -= buffer.bytes();
                buffer.close();
            }
        }
    }
}
