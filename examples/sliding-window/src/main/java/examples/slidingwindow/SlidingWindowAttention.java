package examples.slidingwindow;

import carve.api.config.Settings;
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
import java.util.stream.Stream;
import org.apache.commons.lang3.Range;

/**
 * Softmax attention in which each position sees itself and the {@code window - 1} before it (Beltagy et al. 2020,
 * arXiv:2004.05150, section 3.1; the layers of Mistral). Its cache never holds more than a window.
 *
 * @param dims what the model says of the layer
 * @param window how many positions are seen
 */
public record SlidingWindowAttention(LayerConfig dims, int window) implements Mixer {
    private static final String KEYS = "keys"; // (W, G, K), the last positions at the end
    private static final String VALUES = "values";

    /** Makes the mixer {@code sliding-window}. */
    public static final class Provider implements MixerProvider {
        private static final Range<Integer> WINDOWS = Range.between(1, 1 << 20);

        @Override
        public String name() {
            return "sliding-window";
        }

        @Override
        public Mixer create(LayerConfig dims, Settings settings) {
            int window = settings.integer("window");
            if (!WINDOWS.contains(window)) {
                throw settings.error("window", "must be in %s, is %d".formatted(WINDOWS, window));
            }
            return new SlidingWindowAttention(dims, window);
        }
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
        int[] positions = s.positionIds();
        Tensor q = rotated(heads(query().apply(p, x)), positions, s.maxLength());
        Tensor k = rotated(heads(key().apply(p, x)), positions, s.maxLength());
        Tensor v = heads(value().apply(p, x));
        Tensor empty = Tensors.zeros(x.device(), Shape.of(s.count(), 0));
        // each sequence alone: what comes of one is no state of the next
        Tensor attended = s.forEachSequence(
                        List.of(q, k, v),
                        empty,
                        (parts, none) -> List.of(
                                new WindowedSoftmax(window).attend(parts.get(0), parts.get(1), parts.get(2)), none))
                .getFirst();
        return finish(p, attended, activationHook);
    }

    @Override
    public List<StateSpec> state() {
        return List.of(
                StateSpec.fixed(KEYS, window, dims.kvHeads(), dims.headWidth()),
                StateSpec.fixed(VALUES, window, dims.kvHeads(), dims.headWidth()));
    }

    @Override
    public Tensor advance(Params p, Tensor x, StateSlots slots) {
        Tensor q = dims.rotaryEmbedding().rotate(heads(query().apply(p, x)), slots);
        Tensor k = dims.rotaryEmbedding().rotate(heads(key().apply(p, x)), slots);
        Tensor v = heads(value().apply(p, x));
        return finish(p, slots.forEachState(List.of(q, k, v), this::attendToWindow), ActivationHook.NONE);
    }

    private Tensor attendToWindow(StateSlots one, List<Tensor> qkv) {
        Tensor keys = Tensors.concat(1, List.of(one.get(KEYS), qkv.get(1))); // (B, W + T, G, K)
        Tensor values = Tensors.concat(1, List.of(one.get(VALUES), qkv.get(2)));
        int unused = window - Math.min(window, one.position());
        int end = keys.extent(1);
        one.set(KEYS, keys.slice(1, end - window, end));
        one.set(VALUES, values.slice(1, end - window, end));
        return new WindowedSoftmax(window)
                .attend(qkv.getFirst(), keys.slice(1, unused, end), values.slice(1, unused, end));
    }

    private Tensor finish(Params p, Tensor heads, ActivationHook activationHook) {
        if (activationHook.wants(ActivationHook.HEADS)) {
            activationHook.publish(ActivationHook.HEADS, heads);
        }
        return output().apply(p, Heads.merge(heads));
    }

    private Tensor heads(Tensor x) {
        return Heads.split(x, dims.headWidth());
    }

    private Tensor rotated(Tensor x, int[] positions, int length) {
        return dims.rotaryEmbedding().rotate(x, positions, length);
    }

    @Override
    public Map<String, Tensor> initFrom(AttentionWeights from) {
        return from.projections();
    }
}
