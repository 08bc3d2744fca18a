package carve.api.param;

import carve.api.config.NameSuggestions;
import carve.api.device.Device;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * The parameters of a model on a device, by name, in the order of the model. It owns their memory: a replaced tensor is
 * released at once, all of them by {@link #close}.
 */
public final class ParamStore implements Params, AutoCloseable {
    private final Device device;
    private final SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();

    /** Makes an empty store. */
    public ParamStore(Device device) {
        this.device = device;
    }

    /** Returns a store with the initial values of parameters under a seed. */
    public static ParamStore initial(Device device, List<ParamSpec> specs, long seed) {
        ParamStore store = new ParamStore(device);
        for (ParamSpec spec : specs) {
            store.put(spec.name(), initial(device, spec, seed));
        }
        return store;
    }

    /** Returns the initial value of one parameter under a seed. */
    public static Tensor initial(Device device, ParamSpec spec, long seed) {
        float[] values = spec.init().values(spec.shape(), new CounterRandom(seed, spec.name()));
        return Tensors.of(device, spec.shape(), values);
    }

    /** Returns the device. */
    public Device device() {
        return device;
    }

    /** Returns the names, in the order of the model. */
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.sequencedKeySet());
    }

    @Override
    public Tensor get(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor == null) {
            throw new ParamException(
                    "no parameter '%s'%s".formatted(name, NameSuggestions.suggestion(name, tensors.keySet())));
        }
        return tensor;
    }

    /** Puts a tensor under a name, takes its memory out of its scope, and releases what was there before. */
    public void put(String name, Tensor tensor) {
        Tensor before = tensors.put(name, Scope.keep(tensor));
        if (before != null && before.buffer() != tensor.buffer()) {
            before.buffer().close();
        }
    }

    /** Returns the names that a selector selects, in the order of the model. */
    public List<String> select(Selector selector) {
        return tensors.keySet().stream().filter(selector::matches).toList();
    }

    /** Returns the number of parameter values. */
    public long size() {
        return tensors.values().stream().mapToLong(t -> t.shape().size()).sum();
    }

    /** Returns the number of bytes that the values take. */
    public long bytes() {
        return tensors.values().stream().mapToLong(t -> t.type().bytes()).sum();
    }

    /** Returns a view of the tensors by name. */
    public Map<String, Tensor> asMap() {
        return Collections.unmodifiableMap(tensors);
    }

    @Override
    public void close() {
        tensors.values().forEach(tensor -> tensor.buffer().close());
        tensors.clear();
    }
}
