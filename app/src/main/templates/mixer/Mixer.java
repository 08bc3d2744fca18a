package {{package}};

import carve.api.config.Settings;
import carve.api.device.Device;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.RecurrentState;
import carve.api.mixer.Mixer;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.MixerProvider;
import carve.api.mixer.MixerState;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.Projection;
import carve.api.op.DecayScan;
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
    private static final String STATE = "state"; // (B, H, K, K)

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
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook hook) {
        return mix(p, x, s, Tensors.zeros(x.device(), stateShape(s.count())), hook)
                .getFirst();
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return new RecurrentState(device, Map.of(STATE, stateShape(batch)));
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        RecurrentState own = (RecurrentState) state;
        SequenceLayout rows = SequenceLayout.unpadded(x.extent(0), x.extent(1));
        List<Tensor> results = mix(p, x, rows, own.get(STATE), ActivationHook.NONE);
        own.replace(STATE, results.get(1));
        own.advance(x.extent(1));
        return results.getFirst();
    }

    // the output (B, T, D) and the state after it
    private List<Tensor> mix(Params p, Tensor x, SequenceLayout s, Tensor state, ActivationHook hook) {
        Tensor fade = p.get("fade").cast(DType.F32).exp().negate(); // log a
        Tensor g = fade.broadcastTo(Shape.of(x.extent(0), x.extent(1), config.heads()));
        Tensor w = g.exp().negate().add(1);
        Tensor q = heads(query().apply(p, x)).multiply(1 / Math.sqrt(config.headWidth()));
        List<Tensor> results =
                Tensors.apply(new DecayScan(s), q, heads(key().apply(p, x)), heads(value().apply(p, x)), g, w, state);
        if (hook.wants(ActivationHook.HEADS)) {
            hook.publish(ActivationHook.HEADS, results.getFirst());
        }
        Tensor joined = results.getFirst().reshape(x.extent(0), x.extent(1), -1);
        return List.of(output().apply(p, joined), results.get(1));
    }

    // (B, T, heads K) as (B, T, heads, K)
    private Tensor heads(Tensor x) {
        return x.reshape(x.extent(0), x.extent(1), -1, config.headWidth());
    }

    private Shape stateShape(int sequences) {
        return Shape.of(sequences, config.heads(), config.headWidth(), config.headWidth());
    }

    @Override
    public boolean hasConstantState() {
        return true;
    }

    @Override
    public long stateBytes(int batch, long positions) {
        return RecurrentState.bytes(Map.of(STATE, stateShape(batch)));
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return from.tensors(); // q_proj, k_proj, v_proj, o_proj; fade keeps its first value
    }
}
