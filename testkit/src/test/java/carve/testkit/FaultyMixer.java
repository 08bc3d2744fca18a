package carve.testkit;

import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** A mixer that does as another but for what is broken. */
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
    public List<StateSpec> state() {
        return delegate.state();
    }

    @Override
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        return delegate.advance(p, x, slots);
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
}
