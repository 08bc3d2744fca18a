package examples.retention;

import carve.api.config.Settings;
import carve.api.device.Device;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.FixedState;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerDims;
import carve.api.mixer.MixerProvider;
import carve.api.mixer.MixerState;
import carve.api.mixer.Probe;
import carve.api.mixer.Projection;
import carve.api.op.Sequences;
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
 * @param first head h forgets {@code 2^-(first + h)} at each position
 */
public record Retention(MixerDims dims, double first) implements Mixer {
    private static final String STATE = "state"; // (B, H, K, K)

    /** Makes the mixer {@code retention}. */
    public static final class Provider implements MixerProvider {
        @Override
        public String name() {
            return "retention";
        }

        @Override
        public Mixer create(MixerDims dims, Settings settings) {
            double first = settings.real("first");
            if (!(first > 0)) {
                throw settings.error("first", "must be positive, is " + first);
            }
            return new Retention(dims, first);
        }
    }

    private List<Double> decays() {
        return IntStream.range(0, dims.heads())
                .mapToObj(h -> 1 - Math.pow(2, -(first + h)))
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
    public Tensor forward(Params p, Tensor x, Sequences s, Probe probe) {
        Tensor empty = Tensors.zeros(x.device(), stateShape(s.count()));
        return retain(p, x, s, s.positionIds(), empty, probe).getFirst();
    }

    @Override
    public MixerState newState(Device device, int batch, int capacity) {
        return new FixedState(device, Map.of(STATE, stateShape(batch)));
    }

    @Override
    public Tensor advance(Params p, Tensor x, MixerState state) {
        FixedState own = (FixedState) state;
        Sequences rows = Sequences.whole(x.extent(0), x.extent(1));
        int[] positions =
                IntStream.range(own.position(), own.position() + x.extent(1)).toArray();
        List<Tensor> results = retain(p, x, rows, positions, own.get(STATE), Probe.NONE);
        own.replace(STATE, results.get(1));
        own.move(x.extent(1));
        return results.getFirst();
    }

    private List<Tensor> retain(Params p, Tensor x, Sequences s, int[] positions, Tensor state, Probe probe) {
        Tensor q = rotated(heads(query().apply(p, x)), positions).multiply(1 / Math.sqrt(dims.headWidth()));
        Tensor k = repeated(rotated(heads(key().apply(p, x)), positions));
        Tensor v = repeated(heads(value().apply(p, x))).multiply(forgotten(x.device()));
        List<Tensor> results = Tensors.apply(new RetentionScan(s, decays()), q, k, v, state);
        if (probe.wants(Probe.HEADS)) {
            probe.publish(Probe.HEADS, results.getFirst());
        }
        Tensor joined = results.getFirst().reshape(x.extent(0), x.extent(1), -1);
        return List.of(output().apply(p, joined), results.get(1));
    }

    // (H, 1): how much each head forgets at a position
    private Tensor forgotten(Device device) {
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
        return dims.rotary().rotate(x, positions, 1);
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
    public boolean constantState() {
        return true;
    }

    @Override
    public long stateBytes(int batch, long positions) {
        return FixedState.bytes(Map.of(STATE, stateShape(batch)));
    }

    @Override
    public Map<String, Tensor> seed(AttentionWeights from) {
        return from.tensors();
    }
}
