package examples.retention;

import carve.api.config.Settings;
import carve.api.device.Device;
import carve.api.mixer.ActivationHook;
import carve.api.mixer.AttentionWeights;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.Mixer;
import carve.api.mixer.MixerProvider;
import carve.api.mixer.Projection;
import carve.api.mixer.StateSlots;
import carve.api.mixer.StateSpec;
import carve.api.op.Heads;
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
    private static final String STATE = "state"; // (H, K, K)

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
        int[] positions = slots.positionIds();
        Tensor q = rotated(heads(query().apply(p, x)), positions).multiply(1 / Math.sqrt(dims.headWidth()));
        Tensor k = Heads.repeat(rotated(heads(key().apply(p, x)), positions), dims.heads());
        Tensor v = Heads.repeat(heads(value().apply(p, x)), dims.heads()).multiply(decayScale(x.device()));
        List<Tensor> results = Tensors.apply(new RetentionScan(slots.layout(), decays()), q, k, v, slots.get(STATE));
        slots.set(STATE, results.get(1));
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, results.getFirst());
        }
        return output().apply(p, Heads.merge(results.getFirst()));
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
        return Heads.split(x, dims.headWidth());
    }

    // the angle of a position is the same however long the sequence becomes
    private Tensor rotated(Tensor x, int[] positions) {
        return dims.rotaryEmbedding().rotate(x, positions, 1);
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return from.projections();
    }
}
