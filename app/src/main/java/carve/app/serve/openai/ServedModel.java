package carve.app.serve.openai;

import carve.api.json.JsonArray;
import carve.api.json.JsonNull;
import carve.api.json.JsonNumber;
import carve.api.json.JsonObject;
import carve.api.json.JsonString;
import carve.api.json.JsonValue;
import carve.api.mixer.LayerConfig;
import carve.api.model.Block;
import carve.api.model.ModelSpec;
import carve.api.param.ParamSpec;
import carve.app.wiring.AppConfig.GenerationConfig;
import carve.runtime.engine.ModelEngine;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A model that the server has.
 *
 * @param engine what runs it
 * @param defaults how tokens are chosen where a request does not say
 * @param created when it was opened, in seconds since 1970
 * @param states conversations of it that were saved, if there is a folder for them
 */
public record ServedModel(
        ModelEngine engine, GenerationConfig defaults, long created, Optional<SavedStateStore> states) {
    private static final List<String> MAX_POSITIONS =
            List.of("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "n_ctx");
    private static final List<String> TEXT_CONFIGS = List.of("text_config", "llm_config", "language_config");

    /**
     * Returns a model that is being served from now on.
     *
     * @param settings the defaults of sampling, over which the model's own may go
     * @throws carve.api.CarveException if the model's own are not supported; the message names them
     */
    public static ServedModel of(ModelEngine engine, GenerationConfig settings, RequestLimits requestLimits) {
        return new ServedModel(
                engine,
                settings.of(engine.processor()),
                System.currentTimeMillis() / 1000,
                SavedStateStore.open(engine, requestLimits.maxSavedBytes()));
    }

    /** Returns what it is called. */
    public String name() {
        return engine.name();
    }

    /** Returns whether it takes pictures. */
    public boolean vision() {
        return engine.spec().input().imageToken().isPresent();
    }

    /** Returns whether a session takes the same memory however long it is. */
    public boolean constantState() {
        return engine.spec().layers().stream().allMatch(layer -> layer.mixer().hasConstantState());
    }

    /** Returns the bytes by which a session grows with each position. */
    public long cacheBytesPerToken() {
        ModelSpec spec = engine.spec();
        return (spec.stateBytes(1, 2048) - spec.stateBytes(1, 1024)) / 1024;
    }

    /** Returns the bytes by which a session of its teacher, attention in each layer, grows with each position. */
    public long teacherCacheBytesPerToken() {
        return engine.spec().layers().stream()
                .map(Block::config)
                .mapToLong(ServedModel::kvBytesPerToken)
                .sum();
    }

    private static long kvBytesPerToken(LayerConfig dims) {
        return 2L * Float.BYTES * dims.kvHeads() * dims.headWidth();
    }

    private long parameters() {
        return engine.spec().parameters().stream()
                .map(ParamSpec::shape)
                .mapToLong(shape -> shape.size())
                .sum();
    }

    /**
     * Returns the most positions that are worth asking for: those the model was made for, as its configuration says, and no more
     * than the server takes.
     */
    public int maxModelLength() {
        return MAX_POSITIONS.stream()
                .flatMap(key -> textConfigs().map(config -> config.value(key).orElse(new JsonNull())))
                .filter(JsonNumber.class::isInstance)
                .mapToLong(value -> ((JsonNumber) value).whole().orElse(0))
                .filter(length -> length > 0)
                .mapToInt(length -> (int) Math.min(length, engine.config().contextLength()))
                .findFirst()
                .orElse(engine.config().contextLength());
    }

    private Stream<JsonObject> textConfigs() {
        JsonObject config = engine.spec().config();
        return Stream.concat(
                Stream.of(config),
                TEXT_CONFIGS.stream()
                        .map(key -> config.value(key).orElse(new JsonNull()))
                        .filter(JsonObject.class::isInstance)
                        .map(JsonObject.class::cast));
    }

    /** Returns what {@code /v1/models} tells. */
    JsonObject json() {
        List<JsonValue> mixers = engine.spec().layers().stream()
                .<JsonValue>map(layer -> new JsonString(layer.mixerSpec().name()))
                .toList();
        return JsonObject.empty()
                .with("id", name())
                .with("object", "model")
                .with("created", created)
                .with("owned_by", "carve")
                .with("max_model_len", maxModelLength())
                .with(
                        "carve",
                        JsonObject.empty()
                                .with("family", engine.spec().family())
                                .with("parameters", parameters())
                                .with("vocabulary", engine.spec().vocabulary())
                                .with("pictures", vision())
                                .with("constant_state", constantState())
                                .with("state_bytes_at_1024", engine.spec().stateBytes(1, 1024))
                                .with("cache_bytes_per_token", cacheBytesPerToken())
                                .with("teacher_cache_bytes_per_token", teacherCacheBytesPerToken())
                                .with("layers", new JsonArray(mixers)));
    }
}
