package carve.runtime.plan;

import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.Mixer;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Map;

/**
 * A mixer whose output is zero, so that its layer is its feed-forward part alone.
 *
 * @param mixer the mixer that it stands for, whose parameters it has
 */
record AblatedMixer(Mixer mixer) implements Mixer {
    @Override
    public List<ParamSpec> parameters() {
        return mixer.parameters();
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        return Tensors.zeros(x.device(), x.shape());
    }

    @Override
    public List<StateSpec> state() {
        return List.of();
    }

    @Override
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        return Tensors.zeros(x.device(), x.shape());
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return Map.of();
    }
}
