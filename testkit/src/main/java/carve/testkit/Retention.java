package carve.testkit;

import carve.api.config.Settings;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerProvider;
import carve.api.mixer.Projection;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.DecayScan;
import carve.api.op.Heads;
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Retention (Sun et al. 2023, arXiv:2307.08621, equation 6) without its norm: the smallest mixer with a state.
 *
 * @param dims of the layer
 * @param decay by which the state is multiplied at each position
 */
public record Retention(LayerConfig dims, double decay) implements Mixer {
    private static final String STATE = "state"; // (H, K, K)

    /** Makes mixers named {@code retention}, with a decay of 0.9. */
    public static final class Provider implements MixerProvider {
        /** Makes the provider. */
        public Provider() {}

        @Override
        public String name() {
            return "retention";
        }

        @Override
        public Mixer create(LayerConfig dims, Settings settings) {
            return new Retention(dims, settings.has("decay") ? settings.real("decay") : 0.9);
        }
    }

    private Projection projection(String name, int outputs, int inputs) {
        return new Projection(name, outputs, inputs, false);
    }

    private Projection query() {
        return projection("q_proj", dims.heads() * dims.headWidth(), dims.hidden());
    }

    private Projection key() {
        return projection("k_proj", dims.kvHeads() * dims.headWidth(), dims.hidden());
    }

    private Projection value() {
        return projection("v_proj", dims.kvHeads() * dims.headWidth(), dims.hidden());
    }

    private Projection output() {
        return projection("o_proj", dims.hidden(), dims.heads() * dims.headWidth());
    }

    @Override
    public List<ParamSpec> parameters() {
        return Stream.of(query(), key(), value(), output())
                .flatMap(p -> p.parameters().stream())
                .toList();
    }

    @Override
    public List<StateSpec> state() {
        return List.of(StateSpec.fixed(STATE, dims.heads(), dims.headWidth(), dims.headWidth()));
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        return retain(p, x, StateSlots.initial(x.device(), state(), s), activationHook);
    }

    @Override
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        return retain(p, x, slots, ActivationHook.NONE);
    }

    private Tensor retain(Params p, Tensor x, StateSlots slots, ActivationHook activationHook) {
        Shape weights = Shape.of(x.extent(0), x.extent(1), dims.heads());
        List<Tensor> results = Tensors.apply(
                new DecayScan(slots.layout()),
                Heads.split(query().apply(p, x), dims.headWidth()),
                Heads.split(key().apply(p, x), dims.headWidth()),
                Heads.split(value().apply(p, x), dims.headWidth()),
                Tensors.full(x.device(), weights, Math.log(decay)),
                Tensors.ones(x.device(), weights),
                slots.get(STATE));
        slots.set(STATE, results.get(1));
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, results.getFirst());
        }
        return output().apply(p, Heads.merge(results.getFirst()));
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return from.projections();
    }
}
