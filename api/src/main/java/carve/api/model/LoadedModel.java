package carve.api.model;

import carve.api.device.Device;
import carve.api.param.ParamStore;

/**
 * A model with its weights on a device.
 *
 * @param family the family that it belongs to
 * @param spec the model
 * @param params its parameters; owned
 */
public record LoadedModel(ModelFamily family, ModelSpec spec, ParamStore params) implements AutoCloseable {
    /** Returns what runs it. */
    public HybridModel model() {
        return new HybridModel(spec);
    }

    /** Returns the device that holds its weights. */
    public Device device() {
        return params.device();
    }

    /** Returns a copy on another device; the caller closes it, and this one when it is no longer wanted. */
    public LoadedModel copyTo(Device device) {
        ParamStore copies = new ParamStore(device);
        params.asMap().forEach((name, tensor) -> copies.put(name, tensor.copyTo(device)));
        return new LoadedModel(family, spec, copies);
    }

    @Override
    public void close() {
        params.close();
    }
}
