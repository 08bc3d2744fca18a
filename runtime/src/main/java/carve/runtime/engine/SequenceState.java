package carve.runtime.engine;

import carve.api.device.Device;
import carve.api.model.LoadedModel;
import carve.api.model.ModelState;

/** The state of a sequence and the device where it is; both can change while it is generated. On the devices' thread. */
final class SequenceState implements AutoCloseable {
    private final LoadedModel home;
    private ForwardPass pass;
    private ModelState state;

    /** Makes one that owns a state on the model's device. */
    SequenceState(ForwardPass pass, ModelState state) {
        this.home = pass.model();
        this.pass = pass;
        this.state = state;
    }

    ForwardPass pass() {
        return pass;
    }

    ModelState state() {
        return state;
    }

    /** Copies weights and state to another device, where the sequence goes on. */
    void move(Device device) {
        if (device != pass.device()) {
            LoadedModel there = device == home.device() ? home : home.copyTo(device);
            ModelState moved = state.copyTo(pass.model(), there);
            close();
            pass = new ForwardPass(there);
            state = moved;
        }
    }

    @Override
    public void close() {
        state.close();
        if (pass.model() != home) {
            pass.model().close();
        }
    }
}
