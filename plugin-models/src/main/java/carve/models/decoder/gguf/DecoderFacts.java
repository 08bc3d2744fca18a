package carve.models.decoder.gguf;

import carve.api.decoder.DecoderLayer;
import carve.api.decoder.DecoderSpec;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.Norm;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Facts that decide what a decoder computes, under names for messages: values, and numbers that are compared within
 * the precision of F32. The names of tensors are none of it.
 */
public final class DecoderFacts {
    private static final double TOLERANCE = 1e-6;
    private static final int LENGTHS = 22;
    private static final String NONE = "none";

    private final Map<String, Object> facts = new LinkedHashMap<>();

    private DecoderFacts() {}

    /**
     * Returns, for each fact in which two decoders differ, its name and what both have.
     *
     * @param place what messages call the place of the other one
     */
    public static List<String> differences(DecoderSpec decoder, DecoderSpec other, String place) {
        Map<String, Object> expected = of(decoder);
        Map<String, Object> found = of(other);
        List<String> differences = new ArrayList<>();
        for (String name : Stream.concat(expected.keySet().stream(), found.keySet().stream())
                .distinct()
                .toList()) {
            Object before = expected.getOrDefault(name, NONE);
            Object after = found.getOrDefault(name, NONE);
            if (!same(before, after)) {
                differences.add("%s: %s; %s would have %s"
                        .formatted(name, text(before, "its own"), place, text(after, "others")));
            }
        }
        return differences;
    }

    private static String text(Object value, String many) {
        return switch (value) {
            case double[] numbers when numbers.length > 1 -> many;
            case double[] numbers when numbers[0] == (long) numbers[0] -> Long.toString((long) numbers[0]);
            case double[] numbers -> Double.toString(numbers[0]);
            default -> value.toString();
        };
    }

    private static boolean same(Object expected, Object found) {
        if (expected instanceof double[] a && found instanceof double[] b) {
            boolean close = a.length == b.length;
            for (int i = 0; close && i < a.length; i++) {
                close = a[i] == b[i] || Math.abs(a[i] - b[i]) <= TOLERANCE * Math.abs(a[i]);
            }
            return close;
        }
        return expected.equals(found);
    }

    private static Map<String, Object> of(DecoderSpec decoder) {
        DecoderFacts all = new DecoderFacts();
        all.put("the vocabulary", decoder.tokens().vocabulary());
        all.put("the hidden size", decoder.tokens().hidden());
        all.put("the factor of embeddings", decoder.tokens().factor());
        all.put("the number of learned positions", decoder.positions().positions());
        all.put("the output layer", decoder.head().tied() ? "tied" : "not tied");
        all.put("the bias of the output layer", decoder.head().bias());
        all.put("the factor of logits", decoder.head().factor());
        all.put("the soft cap of logits", decoder.head().softCap());
        all.norm("the last norm", decoder.finalNorm());
        all.put("the number of layers", decoder.layers().size());
        for (int i = 0; i < decoder.layers().size(); i++) {
            all.layer("layers.%d: ".formatted(i), decoder.layers().get(i));
        }
        return all.facts;
    }

    private void put(String name, Object value) {
        facts.put(name, value instanceof Double number ? new double[] {number} : value);
    }

    private void norm(String name, Norm norm) {
        put(name, norm.kind());
        if (norm.exists()) {
            put(name + "'s epsilon", norm.epsilon());
            put(name + "'s offset", norm.offset());
        }
    }

    private void layer(String at, DecoderLayer layer) {
        LayerConfig config = layer.config();
        put(at + "heads", config.heads());
        put(at + "heads of keys", config.kvHeads());
        put(at + "width of heads", config.headWidth());
        put(at + "biases of queries, keys and values", config.bias());
        put(at + "bias of attention's output", config.outputBias());
        rope(at, config.rotaryEmbedding());
        put(at + "mixer", layer.mixer().name());
        layer.mixer()
                .settings()
                .toMap()
                .forEach((name, value) ->
                        put(at + name, value instanceof Number number ? (Object) number.doubleValue() : value));
        put(at + "parallel parts", layer.layout().parallel());
        put(at + "factor of the residual stream", layer.layout().residualFactor());
        norm(at + "norm before the mixer", layer.layout().beforeMixer());
        norm(at + "norm after the mixer", layer.layout().afterMixer());
        norm(at + "norm before the feed-forward part", layer.layout().beforeMlp());
        norm(at + "norm after the feed-forward part", layer.layout().afterMlp());
        put(at + "feed-forward part", layer.feedForward());
    }

    private void rope(String at, RotaryEmbedding rope) {
        String pairs = rope.pairing().toString().toLowerCase(Locale.ROOT);
        put(
                at + "rotary embedding",
                rope.width() == 0
                        ? NONE
                        : "of %d elements, pairs %s, up to %d positions"
                                .formatted(rope.width(), pairs, rope.maxPositions()));
        put(at + "factor of rotated elements", rope.scaling().attentionFactor());
        put(at + "frequencies", rope.width() == 0 ? NONE : frequencies(rope));
    }

    // for sequences of many lengths, on which they may depend
    private static double[] frequencies(RotaryEmbedding rope) {
        double[] all = {};
        for (int i = 0; i < LENGTHS; i++) {
            double[] some = rope.scaling().frequencies(rope, 1L << i);
            all = Arrays.copyOf(all, all.length + some.length);
            System.arraycopy(some, 0, all, all.length - some.length, some.length);
        }
        return all;
    }
}
