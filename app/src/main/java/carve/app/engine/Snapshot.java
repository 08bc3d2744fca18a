package carve.app.engine;

import carve.api.checkpoint.TensorData;
import carve.api.device.Device;
import carve.api.mixer.MixerState;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;
import carve.api.tensor.Scope;
import carve.api.tensor.Tensor;
import carve.api.tensor.TensorType;
import carve.api.tensor.Tensors;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a model remembers after a number of positions, in the memory of the host. Immutable.
 *
 * @param key of all that came before
 * @param position how many positions that is
 * @param layers the saved tensors of each layer, by name
 */
record Snapshot(String key, int position, List<Map<String, TensorData>> layers) {
    Snapshot {
        layers = List.copyOf(layers);
    }

    /** Returns a copy of a state. */
    static Snapshot of(String key, Device device, ModelState state) {
        List<Map<String, TensorData>> layers = new ArrayList<>();
        for (MixerState layer : state.layers()) {
            Map<String, TensorData> saved = new LinkedHashMap<>();
            Scope.run(device, () -> layer.save().forEach((name, tensor) -> saved.put(name, download(tensor))));
            layers.add(saved);
        }
        return new Snapshot(key, state.position(), layers);
    }

    private static TensorData download(Tensor tensor) {
        MemorySegment values = memory(tensor.type());
        tensor.device().download(tensor, values);
        return new TensorData(tensor.type(), values);
    }

    /** Returns aligned memory for a tensor. */
    static MemorySegment memory(TensorType type) {
        return MemorySegment.ofArray(new long[Math.toIntExact((type.bytes() + Long.BYTES - 1) / Long.BYTES)])
                .asSlice(0, type.bytes());
    }

    /** Returns a state that goes on from here; the caller closes it. */
    ModelState restore(LoadedModel model, int capacity) {
        ModelState state = model.model().newState(model.device(), 1, capacity);
        try {
            for (int i = 0; i < layers.size(); i++) {
                restore(model.device(), layers.get(i), state.layer(i));
            }
            return state;
        } catch (RuntimeException e) {
            state.close();
            throw e;
        }
    }

    private void restore(Device device, Map<String, TensorData> saved, MixerState layer) {
        Scope.run(device, () -> {
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            saved.forEach((name, data) -> tensors.put(name, Tensors.upload(device, data.type(), data.data())));
            layer.load(tensors, position);
        });
    }

    /** Returns the bytes of all tensors. */
    long bytes() {
        return layers.stream()
                .flatMap(layer -> layer.values().stream())
                .mapToLong(data -> data.type().bytes())
                .sum();
    }
}
