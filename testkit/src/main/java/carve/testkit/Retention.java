package carve.testkit;

import carve.api.config.Settings;
import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerProvider;
import carve.api.mixer.MixerState;
import carve.api.mixer.Projection;
import carve.api.mixer.RecurrentState;
import carve.api.op.DecayScan;
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
    private static final String STATE = "state"; // (B, H, K, K)

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
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        Tensor empty = Tensors.zeros(x.device(), stateShape(s.count()));
        return output().apply(p, scan(p, x, s, empty, activationHook).getFirst());
    }

    private List<Tensor> scan(Params p, Tensor x, SequenceLayout s, Tensor state, ActivationHook activationHook) {
        Shape weights = Shape.of(x.extent(0), x.extent(1), dims.heads());
        List<Tensor> results = Tensors.apply(
                new DecayScan(s),
                heads(query().apply(p, x)),
                heads(key().apply(p, x)),
                heads(value().apply(p, x)),
                Tensors.full(x.device(), weights, Math.log(decay)),
                Tensors.ones(x.device(), weights),
                state);
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, results.getFirst());
        }
        return List.of(results.getFirst().reshape(x.extent(0), x.extent(1), -1), results.get(1));
    }

    private Tensor heads(Tensor x) {
        return x.reshape(x.extent(0), x.extent(1), -1, dims.headWidth());
    }

    private Shape stateShape(int sequences) {
        return Shape.of(sequences, dims.heads(), dims.headWidth(), dims.headWidth());
    }

    private Map<String, Shape> shapes(int batch) {
        return Map.of(STATE, stateShape(batch));
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return new RecurrentState(device, shapes(batch));
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        RecurrentState own = (RecurrentState) state;
        SequenceLayout whole = SequenceLayout.unpadded(x.extent(0), x.extent(1));
        List<Tensor> results = scan(p, x, whole, own.get(STATE), ActivationHook.NONE);
        own.replace(STATE, results.get(1));
        own.advance(x.extent(1));
        return output().apply(p, results.getFirst());
    }

    @Override
    public boolean hasConstantState() {
        return true;
    }

    @Override
    public long stateBytes(int batch, long positions) {
        return RecurrentState.bytes(shapes(batch));
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return from.tensors();
    }
}
