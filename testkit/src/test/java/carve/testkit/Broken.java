package carve.testkit;

import carve.api.device.Device;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.mixer.Probe;
import carve.api.op.Sequences;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A mixer that does as another but for what is broken, and a state that does. */
abstract class Broken implements Mixer {
    private final Mixer whole;

    Broken(Mixer whole) {
        this.whole = whole;
    }

    @Override
    public List<ParamSpec> parameters() {
        return whole.parameters();
    }

    @Override
    public Tensor forward(Params p, Tensor x, Sequences s, Probe probe) {
        return whole.forward(p, x, s, probe);
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return whole.newState(device, batch, capacity);
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        return whole.advance(p, x, state);
    }

    @Override
    public boolean constantState() {
        return whole.constantState();
    }

    @Override
    public long stateBytes(int batch, long positions) {
        return whole.stateBytes(batch, positions);
    }

    @Override
    public Map<String, Tensor> seed(AttentionWeights from) {
        return whole.seed(from);
    }

    // only the fault is to be seen
    @Override
    public boolean equals(Object other) {
        return other instanceof Broken broken && broken.whole.equals(whole);
    }

    @Override
    public int hashCode() {
        return whole.hashCode();
    }

    /** A state that does as another but for what is broken. */
    abstract static class State implements MixerState {
        final MixerState whole;

        State(MixerState whole) {
            this.whole = whole;
        }

        @Override
        public int position() {
            return whole.position();
        }

        @Override
        public long bytes() {
            return whole.bytes();
        }

        @Override
        public MixerState fork() {
            return whole.fork();
        }

        @Override
        public Map<String, Tensor> save() {
            return whole.save();
        }

        @Override
        public void load(Map<String, Tensor> saved, int position) {
            whole.load(saved, position);
        }

        @Override
        public void close() {
            whole.close();
        }
    }
}
