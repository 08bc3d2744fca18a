package carve.api.mixer;

import carve.api.device.Device;
import carve.api.tensor.Scope;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The tensors of a {@link MixerState} by name: owns their memory, replaces, copies and checks them. For implementers.
 */
public final class StateTensors implements AutoCloseable {
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();
    private long bytes;

    /** Makes an empty collection. */
    public StateTensors() {}

    /** Puts a tensor under a name, takes its memory out of its scope, and releases what was there before. */
    public void put(String name, Tensor tensor) {
        Tensor before = tensors.put(name, Scope.keep(tensor));
        bytes += tensor.type().bytes() - (before == null ? 0 : before.type().bytes());
        if (before != null && before.buffer() != tensor.buffer()) {
            before.buffer().close();
        }
    }

    /** Puts zeros of a shape under a name. */
    public void putZeros(Device device, String name, Shape shape) {
        put(name, Tensors.zeros(device, shape));
    }

    /** Returns the tensor of a name. */
    public Tensor get(String name) {
        return tensors.get(name);
    }

    /** Returns the bytes of all tensors. */
    public long bytes() {
        return bytes;
    }

    /** Returns a view of the tensors by name. */
    public Map<String, Tensor> asMap() {
        return Collections.unmodifiableMap(tensors);
    }

    /** Returns copies of all tensors, which go their own way. */
    public StateTensors copy() {
        StateTensors result = new StateTensors();
        tensors.forEach((name, tensor) -> result.put(name, copy(tensor)));
        return result;
    }

    /** Returns a copy of a tensor with memory of its own. */
    public static Tensor copy(Tensor tensor) {
        Tensor result = Tensor.allocate(tensor.device(), tensor.type());
        if (tensor.shape().rank() > 0 && tensor.shape().size() > 0) {
            tensor.device().store(tensor.detach(), result, 0, 0);
        }
        return result;
    }

    /**
     * Copies saved tensors over those of the same names.
     *
     * @throws IllegalArgumentException if names or shapes differ; the message has both
     */
    public void load(Map<String, Tensor> saved) {
        if (!saved.keySet().equals(tensors.keySet())) {
            throw new IllegalArgumentException(
                    "a state of %s cannot be loaded from %s".formatted(tensors.keySet(), saved.keySet()));
        }
        saved.forEach((name, tensor) -> {
            if (!tensor.shape().equals(get(name).shape())) {
                throw new IllegalArgumentException("a state's '%s' is %s and cannot be loaded from %s"
                        .formatted(name, get(name).shape(), tensor.shape()));
            }
        });
        saved.forEach((name, tensor) -> put(name, copy(tensor)));
    }

    @Override
    public void close() {
        tensors.values().forEach(tensor -> tensor.buffer().close());
        tensors.clear();
        bytes = 0;
    }
}
