package examples.retention;

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
import carve.api.op.SequenceLayout;
import carve.api.param.ParamSpec;
import carve.api.param.Params;
import carve.api.tensor.Shape;
import carve.api.tensor.Tensor;
import carve.api.tensor.Tensors;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Multi-scale retention (Sun et al. 2023, arXiv:2307.08621, equation 8) in place of attention: queries and keys are rotated as
 * the attention's were, heads forget at different rates. In place of the paper's norm, values are scaled by how much a head
 * forgets, so that its weights sum up to about one, as those of attention do; the gate is left out.
 *
 * @param dims what the model says of the layer
 * @param firstExponent head h forgets {@code 2^-(first + h)} at each position
 */
public record Retention(LayerConfig dims, double firstExponent) implements Mixer {
    private static final String STATE = "state"; // (B, H, K, K)

    /** Makes the mixer {@code retention}. */
    public static final class Provider implements MixerProvider {
        @Override
        public String name() {
            return "retention";
        }

        @Override
        public Mixer create(LayerConfig dims, Settings settings) {
            double first = settings.real("first");
            if (!(first > 0)) {
                throw settings.error("first", "must be positive, is " + first);
            }
            return new Retention(dims, first);
        }
    }

    private List<Double> decays() {
        return IntStream.range(0, dims.heads())
                .mapToObj(h -> 1 - Math.pow(2, -(firstExponent + h)))
                .toList();
    }

    private Projection projection(String name, int heads) {
        return new Projection(name, heads * dims.headWidth(), dims.hidden(), dims.bias());
    }

    private Projection query() {
        return projection("q_proj", dims.heads());
    }

    private Projection key() {
        return projection("k_proj", dims.kvHeads());
    }

    private Projection value() {
        return projection("v_proj", dims.kvHeads());
    }

    private Projection output() {
        return new Projection("o_proj", dims.hidden(), dims.heads() * dims.headWidth(), dims.outputBias());
    }

    @Override
    public List<ParamSpec> parameters() {
        return Stream.of(query(), key(), value(), output())
                .flatMap(part -> part.parameters().stream())
                .toList();
    }

    @Override
    public Tensor forward(Params p, Tensor x, SequenceLayout s, ActivationHook activationHook) {
        Tensor empty = Tensors.zeros(x.device(), stateShape(s.count()));
        return retain(p, x, s, s.positionIds(), empty, activationHook).getFirst();
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return new RecurrentState(device, Map.of(STATE, stateShape(batch)));
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        RecurrentState own = (RecurrentState) state;
        SequenceLayout rows = SequenceLayout.unpadded(x.extent(0), x.extent(1));
        int[] positions =
                IntStream.range(own.position(), own.position() + x.extent(1)).toArray();
        List<Tensor> results = retain(p, x, rows, positions, own.get(STATE), ActivationHook.NONE);
        own.replace(STATE, results.get(1));
        own.advance(x.extent(1));
        return results.getFirst();
    }

    private List<Tensor> retain(
            Params p, Tensor x, SequenceLayout s, int[] positions, Tensor state, ActivationHook activationHook) {
        Tensor q = rotated(heads(query().apply(p, x)), positions).multiply(1 / Math.sqrt(dims.headWidth()));
        Tensor k = repeated(rotated(heads(key().apply(p, x)), positions));
        Tensor v = repeated(heads(value().apply(p, x))).multiply(decayScale(x.device()));
        List<Tensor> results = Tensors.apply(new RetentionScan(s, decays()), q, k, v, state);
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, results.getFirst());
        }
        Tensor joined = results.getFirst().reshape(x.extent(0), x.extent(1), -1);
        return List.of(output().apply(p, joined), results.get(1));
    }

    // (H, 1): how much each head forgets at a position
    private Tensor decayScale(Device device) {
        float[] values = new float[dims.heads()];
        for (int h = 0; h < values.length; h++) {
            values[h] = (float) (1 - decays().get(h));
        }
        return Tensors.of(device, Shape.of(values.length, 1), values);
    }

    private Tensor heads(Tensor x) {
        return x.reshape(x.extent(0), x.extent(1), -1, dims.headWidth());
    }

    // the angle of a position is the same however long the sequence becomes
    private Tensor rotated(Tensor x, int[] positions) {
        return dims.rotaryEmbedding().rotate(x, positions, 1);
    }

    // (B, T, G, K) as (B, T, H, K): each head of keys and values serves H / G of queries
    private Tensor repeated(Tensor x) {
        int times = dims.heads() / dims.kvHeads();
        Shape shape = Shape.of(x.extent(0), x.extent(1), dims.kvHeads(), times, dims.headWidth());
        return x.reshape(x.extent(0), x.extent(1), dims.kvHeads(), 1, dims.headWidth())
                .broadcastTo(shape)
                .reshape(x.extent(0), x.extent(1), dims.heads(), dims.headWidth());
    }

    private Shape stateShape(int sequences) {
        return Shape.of(sequences, dims.heads(), dims.headWidth(), dims.headWidth());
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
        return from.tensors();
    }
}
