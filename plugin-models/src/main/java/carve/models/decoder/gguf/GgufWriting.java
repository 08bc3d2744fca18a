package carve.models.decoder.gguf;

import carve.api.checkpoint.DTypeConversion;
import carve.api.checkpoint.TensorData;
import carve.api.decoder.DecoderLayer;
import carve.api.decoder.DecoderSpec;
import carve.api.experts.MixtureOfExperts;
import carve.api.json.JsonArray;
import carve.api.json.JsonObject;
import carve.api.mixer.LayerConfig;
import carve.api.mixer.RotaryEmbedding;
import carve.api.model.Mlp;
import carve.api.tensor.DType;
import carve.api.tensor.Shape;
import carve.api.tensor.TensorType;
import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A decoder that is written, and the metadata and additional tensors that become of it. */
final class GgufWriting {
    private final String architecture;
    private final DecoderSpec decoder;
    private final Map<String, TensorData> tensors = new LinkedHashMap<>();
    private final List<String> problems = new ArrayList<>();
    private JsonObject metadata;

    GgufWriting(String architecture, DecoderSpec decoder, JsonObject metadata) {
        this.architecture = architecture;
        this.decoder = decoder;
        this.metadata = metadata;
    }

    DecoderSpec decoder() {
        return decoder;
    }

    JsonObject metadata() {
        return metadata;
    }

    /** Returns the tensors that are no parameters, by name. */
    Map<String, TensorData> tensors() {
        return tensors;
    }

    /** Returns the first layer, whose sizes are those of all, but for layers of Mamba-2. */
    DecoderLayer layer() {
        return decoder.layers().stream()
                .filter(layer -> !PaddedHeads.isMamba(layer))
                .findFirst()
                .orElse(decoder.layers().getFirst());
    }

    LayerConfig sizes() {
        return layer().config();
    }

    /** Returns the rotary embedding of the first layer that has one. */
    RotaryEmbedding rope() {
        return ropes().stream().findFirst().orElse(RotaryEmbedding.NONE);
    }

    private List<RotaryEmbedding> ropes() {
        return decoder.layers().stream()
                .map(layer -> layer.config().rotaryEmbedding())
                .filter(rope -> rope.width() > 0)
                .toList();
    }

    /** Returns a setting of a layer's mixer, 0 where it has none. */
    static double setting(DecoderLayer layer, String name) {
        return layer.mixer().settings().toMap().getOrDefault(name, 0) instanceof Number number
                ? number.doubleValue()
                : 0;
    }

    Optional<MixtureOfExperts> experts() {
        return decoder.layers().stream()
                .map(DecoderLayer::feedForward)
                .filter(MixtureOfExperts.class::isInstance)
                .map(MixtureOfExperts.class::cast)
                .findFirst();
    }

    /** Returns the width of dense feed-forward parts, or that of experts where there are none. */
    int intermediate() {
        return decoder.layers().stream()
                .map(DecoderLayer::feedForward)
                .filter(Mlp.class::isInstance)
                .map(part -> ((Mlp) part).intermediate())
                .findFirst()
                .or(() -> experts().map(mixture -> mixture.experts().intermediate()))
                .orElse(0);
    }

    GgufWriting set(String key, long value) {
        metadata = metadata.with(architecture + "." + key, value);
        return this;
    }

    /** Sets a number that files have as F32. */
    GgufWriting set(String key, double value) {
        metadata = metadata.with(architecture + "." + key, value);
        return this;
    }

    GgufWriting set(String key, boolean value) {
        metadata = metadata.with(architecture + "." + key, value);
        return this;
    }

    GgufWriting set(String key, String value) {
        metadata = metadata.with(architecture + "." + key, value);
        return this;
    }

    GgufWriting set(String key, JsonArray value) {
        metadata = metadata.with(architecture + "." + key, value);
        return this;
    }

    /** Notes that llama.cpp would compute something else, or nothing at all, of what is written rightly. */
    void problem(String what) {
        problems.add("%s in models of the architecture '%s'".formatted(what, architecture));
    }

    List<String> problems() {
        return List.copyOf(problems);
    }

    /** Adds a tensor of one axis. */
    void tensor(String name, double[] values) {
        tensors.put(
                name,
                new TensorData(
                        new TensorType(DType.F32, Shape.of(values.length)),
                        DTypeConversion.of(DType.F32, values, Arena.ofAuto())));
    }
}
