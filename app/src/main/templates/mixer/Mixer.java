package {{package}};

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
import carve.api.param.Init;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Linear attention that forgets. Head h remembers {@code S[t] = a S[t-1] + (1 - a) v[t] k[t]^T} and gives {@code S[t] q[t]};
 * its {@code a = exp(-exp(fade[h]))} is learned.
 *
 * <p>Replace it by your own: parameters are asked for by name, {@code forward} is what trains, {@code advance} what
 * generates, and the test tells whether the two agree.
 *
 * @param config sizes and settings of the layer
 * @param memory after how many positions a head has forgotten most, at first
 */
public record {{class}}(LayerConfig config, double memory) implements Mixer {
    private static final String STATE = "state"; // (H, K, K)

    /** Makes the mixer of a layer from the settings in {@code reference.conf} and what a plan says over them. */
    public static final class Provider implements MixerProvider {
        @Override
        public String name() {
            return "{{name}}";
        }

        @Override
        public Mixer create(LayerConfig config, Settings settings) {
            double memory = settings.real("memory");
            if (!(memory > 0)) {
                throw settings.error("memory", "must be positive, is " + memory);
            }
            return new {{class}}(config, memory);
        }
    }

    private Projection query() {
        return new Projection("q_proj", config.heads() * config.headWidth(), config.hidden(), config.bias());
    }

    private Projection key() {
        return new Projection("k_proj", config.kvHeads() * config.headWidth(), config.hidden(), config.bias());
    }

    private Projection value() {
        return new Projection("v_proj", config.kvHeads() * config.headWidth(), config.hidden(), config.bias());
    }

    private Projection output() {
        return new Projection("o_proj", config.hidden(), config.heads() * config.headWidth(), config.outputBias());
    }

    @Override
    public List<ParamSpec> parameters() {
        List<ParamSpec> all = new ArrayList<>();
        Stream.of(query(), key(), value(), output()).forEach(part -> all.addAll(part.parameters()));
        all.add(new ParamSpec("fade", Shape.of(config.heads()), Init.constant(-Math.log(memory))));
        return all;
    }

    @Override
    public List<StateSpec> state() {
        return List.of(StateSpec.fixed(STATE, config.heads(), config.headWidth(), config.headWidth()));
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook hook) {
        return mix(p, x, StateSlots.initial(x.device(), state(), s), hook);
    }

    @Override
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        return mix(p, x, slots, ActivationHook.NONE);
    }

    private Tensor mix(Params p, Tensor x, StateSlots slots, ActivationHook hook) {
        Tensor fade = p.get("fade").cast(DType.F32).exp().negate(); // log a
        Tensor g = fade.broadcastTo(Shape.of(x.extent(0), x.extent(1), config.heads()));
        Tensor w = g.exp().negate().add(1);
        Tensor q = heads(query().apply(p, x)).multiply(1 / Math.sqrt(config.headWidth()));
        Tensor k = heads(key().apply(p, x));
        Tensor v = heads(value().apply(p, x));
        List<Tensor> results = Tensors.apply(new DecayScan(slots.layout()), q, k, v, g, w, slots.get(STATE));
        slots.set(STATE, results.get(1));
        if (hook.wants(ActivationHook.HEADS)) {
            hook.publish(ActivationHook.HEADS, results.getFirst());
        }
        return output().apply(p, Heads.merge(results.getFirst()));
    }

    // (B, T, heads K) as (B, T, heads, K)
    private Tensor heads(Tensor x) {
        return Heads.split(x, config.headWidth());
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return from.projections(); // q_proj, k_proj, v_proj, o_proj; fade keeps its first value
    }
}
