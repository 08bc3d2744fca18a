package carve.testkit;

import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerState;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A mixer that does as another but for what is broken, and a state that does. */
abstract class FaultyMixer implements Mixer {
    private final Mixer delegate;

    FaultyMixer(Mixer whole) {
        this.delegate = whole;
    }

    @Override
    public List<ParamSpec> parameters() {
        return delegate.parameters();
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        return delegate.forward(p, x, s, activationHook);
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return delegate.newState(device, batch, capacity);
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        return delegate.advance(p, x, state);
    }

    @Override
    public boolean hasConstantState() {
        return delegate.hasConstantState();
    }

    @Override
    public long stateBytes(int batch, long positions) {
        return delegate.stateBytes(batch, positions);
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return delegate.initFrom(from);
    }

    // only the fault is to be seen
    @Override
    public boolean equals(Object other) {
        return other instanceof FaultyMixer faultyMixer && faultyMixer.delegate.equals(delegate);
    }

    @Override
    public int hashCode() {
        return delegate.hashCode();
    }

    /** A state that does as another but for what is broken. */
    abstract static class FaultyState implements MixerState {
        final MixerState delegate;

        FaultyState(MixerState whole) {
            this.delegate = whole;
        }

        @Override
        public int position() {
            return delegate.position();
        }

        @Override
        public long bytes() {
            return delegate.bytes();
        }

        @Override
        public MixerState fork() {
            return delegate.fork();
        }

        @Override
        public Map<String, Tensor> save() {
            return delegate.save();
        }

        @Override
        public void load(Map<String, Tensor> saved, int position) {
            delegate.load(saved, position);
        }

        @Override
        public void close() {
            delegate.close();
        }
    }
}
