package carve.app.serve;

import carve.api.config.JsonArray;
import carve.api.config.JsonObject;
import carve.api.config.JsonString;
import carve.api.config.JsonValue;
import carve.api.mixer.MixerDims;
import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.app.engine.ModelEngine;
import java.util.List;
import java.util.Optional;

/**
 * A model that the server has.
 *
 * @param engine what runs it
 * @param created when it was opened, in seconds since 1970
 * @param states conversations of it that were saved, if there is a folder for them
 */
public record ServedModel(ModelEngine engine, long created, Optional<SavedStates> states) {
    /** Returns a model that is being served from now on. */
    public static ServedModel of(ModelEngine engine, ServingConfig.Limits limits) {
        return new ServedModel(engine, System.currentTimeMillis() / 1000, SavedStates.of(engine, limits.savedBytes()));
    }

    /** Returns what it is called. */
    public String name() {
        return engine.name();
    }

    /** Returns whether it takes pictures. */
    public boolean vision() {
        return engine.spec().input().pictureToken().isPresent();
    }

    /** Returns whether a session takes the same memory however long it is. */
    public boolean constantState() {
        return engine.spec().layers().stream().allMatch(layer -> layer.mixer().constantState());
    }

    /** Returns the bytes by which a session grows with each position. */
    public long bytesPerToken() {
        ModelSpec spec = engine.spec();
        return (spec.stateBytes(1, 2048) - spec.stateBytes(1, 1024)) / 1024;
    }

    /** Returns the bytes by which a session of its teacher, attention in each layer, grows with each position. */
    public long teacherBytesPerToken() {
        return engine.spec().layers().stream()
                .map(Block::dims)
                .mapToLong(ServedModel::keysAndValues)
                .sum();
    }

    private static long keysAndValues(MixerDims dims) {
        return 2L * Float.BYTES * dims.kvHeads() * dims.headWidth();
    }

    private long parameters() {
        return engine.spec().parameters().stream()
                .map(ParamSpec::shape)
                .mapToLong(shape -> shape.size())
                .sum();
    }

    /** Returns what {@code /v1/models} tells. */
    JsonObject json() {
        List<JsonValue> mixers = engine.spec().layers().stream()
                .<JsonValue>map(layer -> new JsonString(layer.choice().mixer()))
                .toList();
        return JsonObject.empty()
                .with("id", name())
                .with("object", "model")
                .with("created", created)
                .with("owned_by", "carve")
                .with("max_model_len", engine.config().positions())
                .with(
                        "carve",
                        JsonObject.empty()
                                .with("family", engine.spec().family())
                                .with("parameters", parameters())
                                .with("vocabulary", engine.spec().vocabulary())
                                .with("pictures", vision())
                                .with("constant_state", constantState())
                                .with("state_bytes_at_1024", engine.spec().stateBytes(1, 1024))
                                .with("cache_bytes_per_token", bytesPerToken())
                                .with("teacher_cache_bytes_per_token", teacherBytesPerToken())
                                .with("layers", new JsonArray(mixers)));
    }
}
